#!/usr/bin/perl
# growth.pl PROOF - RFC 9162 2.1.4.2 once more, from the text of the RFC: does the path lead from one root to the other?
use v5.36;
use Digest::SHA qw(sha256);
use JSON::PP;

open my $f, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my $p = decode_json(join '', <$f>);
my ($first, $second) = map { $p->{$_}{size} } qw(earlier later);
my ($first_hash, $second_hash) = map { pack 'H*', $p->{$_}{root} } qw(earlier later);
my @path = map { pack 'H*', $_ } @{$p->{path}};

unshift @path, $first_hash if ($first & ($first - 1)) == 0;
my ($fn, $sn) = ($first - 1, $second - 1);
($fn, $sn) = ($fn >> 1, $sn >> 1) while $fn & 1;
my $fr = my $sr = shift @path;
for my $c (@path) {
    exit 1 if $sn == 0;
    if ($fn & 1 || $fn == $sn) {
        $fr = sha256("\x01$c$fr");
        $sr = sha256("\x01$c$sr");
        ($fn, $sn) = ($fn >> 1, $sn >> 1) while !($fn & 1) && $fn != 0;
    } else {
        $sr = sha256("\x01$sr$c");
    }
    ($fn, $sn) = ($fn >> 1, $sn >> 1);
}
exit($fr eq $first_hash && $sr eq $second_hash && $sn == 0 ? 0 : 1);
