# Growth.pm - RFC 9162 2.1.4.2 once more, from the text of the RFC: does the path lead from one root to the other?
package Growth;
use v5.36;
use Digest::SHA qw(sha256);
use Exporter qw(import);
our @EXPORT_OK = qw(continues);

# Sizes, roots (32 bytes each) and the path.
sub continues($first, $second, $first_root, $second_root, @path) {
    return !@path && $first_root eq $second_root if $first == $second;
    unshift @path, $first_root if ($first & ($first - 1)) == 0;
    my ($fn, $sn) = ($first - 1, $second - 1);
    ($fn, $sn) = ($fn >> 1, $sn >> 1) while $fn & 1;
    my $fr = my $sr = shift @path;
    for my $c (@path) {
        return 0 if $sn == 0;
        if ($fn & 1 || $fn == $sn) {
            $fr = sha256("\x01$c$fr");
            $sr = sha256("\x01$c$sr");
            ($fn, $sn) = ($fn >> 1, $sn >> 1) while !($fn & 1) && $fn != 0;
        } else {
            $sr = sha256("\x01$sr$c");
        }
        ($fn, $sn) = ($fn >> 1, $sn >> 1);
    }
    return $fr eq $first_root && $sr eq $second_root && $sn == 0;
}

1;
