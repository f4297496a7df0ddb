#!/usr/bin/perl
# resign.pl KEY FIND REPLACE < IN > OUT - a PKCS#10 request in DER in which every text FIND is replaced by REPLACE, with
# all lengths right, signed again with SHA-256. FIND and REPLACE are in hexadecimal.
use strict;
use warnings;
use IPC::Open2;

my ($key, $find, $replace) = ($ARGV[0], pack('H*', $ARGV[1]), pack('H*', $ARGV[2]));
binmode STDIN;
binmode STDOUT;
my $der = do { local $/; <STDIN> };

# (tag, body, rest) of the first element.
sub take {
    my ($in) = @_;
    my ($tag, $len, $at) = (substr($in, 0, 1), ord(substr($in, 1, 1)), 2);
    if ($len > 127) {
        my $n = $len & 127;
        $len = hex(unpack('H*', substr($in, 2, $n)));
        $at += $n;
    }
    return ($tag, substr($in, $at, $len), substr($in, $at + $len));
}

sub put {
    my ($tag, $body) = @_;
    my $n = length $body;
    my $len = $n < 128 ? chr($n) : $n < 256 ? "\x81" . chr($n) : "\x82" . pack('n', $n);
    return $tag . $len . $body;
}

sub change {
    my ($in) = @_;
    my $out = '';
    while (length $in) {
        my ($tag, $body, $rest) = take($in);
        $body = change($body) if ord($tag) & 0x20;
        $body = $replace if $body eq $find;
        $out .= put($tag, $body);
        $in = $rest;
    }
    return $out;
}

my (undef, $request) = take($der);
my ($tag, $info, $rest) = take($request);
my ($alg_tag, $alg) = take($rest);
$info = put($tag, change($info));
my $pid = open2(my $from, my $to, 'openssl', 'dgst', '-sha256', '-sign', $key);
binmode $to;
binmode $from;
print $to $info;
close $to;
my $signature = do { local $/; <$from> };
waitpid($pid, 0);
die "openssl could not sign\n" if $? != 0;
print put("\x30", $info . put($alg_tag, $alg) . put("\x03", "\0" . $signature));
