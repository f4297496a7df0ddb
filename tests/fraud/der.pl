#!/usr/bin/perl
# der.pl - what a forger does to a certificate or list in DER, from standard input to standard output:
#
#   tbs                    what is signed in it
#   join TBS SIGNATURE     the same with these files in their place
#   drop SERIAL            what is signed of a list, without the entry of this serial number (hexadecimal)
use v5.36;

binmode STDIN;
binmode STDOUT;
my $in = do { local $/; <STDIN> };
my ($how, @of) = @ARGV;

# (tag, body, rest) of the first element.
sub take ($der) {
    my ($tag, $n, $at) = (substr($der, 0, 1), ord(substr($der, 1, 1)), 2);
    if ($n > 127) {
        my $more = $n & 127;
        $n = hex(unpack('H*', substr($der, 2, $more)));
        $at += $more;
    }
    return ($tag, substr($der, $at, $n), substr($der, $at + $n));
}

sub put ($tag, $body) {
    my $n = length $body;
    return $tag . ($n < 128 ? chr $n : $n < 256 ? "\x81" . chr $n : "\x82" . pack('n', $n)) . $body;
}

sub file ($name) { open my $f, '<:raw', $name or die "$name: $!\n"; local $/; return <$f> }

# Every SEQUENCE that begins with this INTEGER is left out; one that is empty then, too.
sub without ($der, $integer) {
    my $out = '';
    while (length $der) {
        (my $tag, my $body, $der) = take($der);
        if ($tag eq "\x30") {
            next if index($body, $integer) == 0;
            my $less = without($body, $integer);
            next if $less eq '' && $body ne '';
            $body = $less;
        }
        $out .= put($tag, $body);
    }
    return $out;
}

if ($how eq 'drop') {
    my $serial = pack('H*', $of[0]) =~ s/^\0+(?=[\0-\x7f].)//sr;
    $serial = "\0$serial" if ord($serial) > 127;
    print without($in, put("\x02", $serial));
    exit;
}
my (undef, $whole) = take($in);
my ($tag, $body, $rest) = take($whole);
if ($how eq 'tbs') {
    print put($tag, $body);
} else {
    my ($alg_tag, $alg) = take($rest);
    print put("\x30", file($of[0]) . put($alg_tag, $alg) . put("\x03", "\0" . file($of[1])));
}
