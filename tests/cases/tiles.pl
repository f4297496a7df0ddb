#!/usr/bin/perl
# tiles.pl DIR ORIGIN PUBLIC-KEY [OLDER-CHECKPOINT] - a reader of a published log that knows nothing but C2SP tlog-tiles, tlog-checkpoint
# and signed-note, RFC 9162 2.1, and stock openssl for the signature. Prints the entries, each with a newline.
#
# The checkpoint is signed; the entries hash to the tiles of level 0, and whole tiles to those above; the tiles have the root; the first,
# last and some entries are proven to be in it; and so is, with an older checkpoint, that its tree is the beginning of this one.
use v5.36;
use Digest::SHA qw(sha256);
use File::Temp qw(tempdir);
use FindBin;
use lib $FindBin::Bin;
use Growth qw(continues);
use MIME::Base64;

my ($dir, $origin, $public, $older) = @ARGV;

sub slurp($path) { open my $f, '<:raw', $path or die "$path: $!\n"; local $/; return scalar <$f> }

# -- signed-note, tlog-checkpoint --

sub checkpoint($path) {
    my ($text, $signatures) = slurp($path) =~ /\A(.*\n)\n((?:[^\n]+\n)+)\z/s or die "$path: no note\n";
    my ($name, $size, $root) = $text =~ /\A([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n\z/ or die "$path: no checkpoint\n";
    die "$path: origin $name\n" if $name ne $origin;
    my $spki = qx(openssl pkey -pubin -in '$public' -outform DER);
    my $id = substr sha256("$name\n\x01" . substr $spki, -32), 0, 4;
    my @own = grep { substr($_, 0, 4) eq $id } map { decode_base64($_) } $signatures =~ /^\xe2\x80\x94 \Q$name\E (\S+)$/mg;
    die "$path: not signed once\n" if @own != 1;
    my $scratch = tempdir(CLEANUP => 1);
    for (['text', $text], ['signature', substr $own[0], 4]) {
        open my $f, '>:raw', "$scratch/$_->[0]" or die $!;
        print $f $_->[1];
        close $f or die $!;
    }
    system("openssl pkeyutl -verify -pubin -inkey '$public' -rawin -in $scratch/text -sigfile $scratch/signature >&2") == 0
        or die "$path: the signature does not verify\n";
    return ($size, decode_base64($root));
}

# -- tlog-tiles --

my ($size, $root) = checkpoint("$dir/checkpoint");

sub tile($level, $n) { # its bytes, in the width that a tree of this size has
    my $all = $size;
    $all = int($all / 256) for 1 .. ($level eq 'entries' ? 0 : $level);
    my $width = $all - 256 * $n;
    my @digits = sprintf('%d', $n) =~ /(\d{1,3})(?=(?:\d{3})*$)/g;
    my $path = join '/', map { sprintf '%s%03d', $_ < $#digits ? 'x' : '', $digits[$_] } 0 .. $#digits;
    return slurp("$dir/tile/$level/$path" . ($width < 256 ? ".p/$width" : ''));
}

my %tiles;
sub at($level, $i) { # the hash of leaves [i * 256**level, (i + 1) * 256**level)
    my $n = int($i / 256);
    my $tile = $tiles{"$level/$n"} //= tile($level, $n);
    return substr $tile, 32 * ($i % 256), 32;
}

# -- RFC 9162 2.1 --

sub below($n) { my $k = 1; $k *= 2 while 2 * $k < $n; return $k }

sub mth($from, $to) {
    my $n = $to - $from;
    for my $level (reverse 0 .. 7) { # a tile's own hash where it fits
        my $span = 256**$level;
        return at($level, $from / $span) if $n == $span && $from % $span == 0;
    }
    my $k = below($n);
    return sha256("\x01" . mth($from, $from + $k) . mth($from + $k, $to));
}

sub path($m, $from, $to) { # 2.1.3.1
    my $n = $to - $from;
    return () if $n == 1;
    my $k = below($n);
    return $m < $k ? (path($m, $from, $from + $k), mth($from + $k, $to)) : (path($m - $k, $from + $k, $to), mth($from, $from + $k));
}

sub growth($m, $from, $to, $whole) { # 2.1.4.1
    my $n = $to - $from;
    return $whole ? () : (mth($from, $to)) if $m == $n;
    my $k = below($n);
    return (growth($m, $from, $from + $k, $whole), mth($from + $k, $to)) if $m <= $k;
    return (growth($m - $k, $from + $k, $to, 0), mth($from, $from + $k));
}

sub is_in($leaf, $index, $n, $want, @path) { # 2.1.3.2
    my ($fn, $sn, $r) = ($index, $n - 1, $leaf);
    for my $p (@path) {
        return 0 if $sn == 0;
        if ($fn & 1 || $fn == $sn) {
            $r = sha256("\x01$p$r");
            ($fn, $sn) = ($fn >> 1, $sn >> 1) while !($fn & 1) && $fn != 0;
        } else {
            $r = sha256("\x01$r$p");
        }
        ($fn, $sn) = ($fn >> 1, $sn >> 1);
    }
    return $sn == 0 && $r eq $want;
}

# -- the whole --

my @entries;
for my $n (0 .. int(($size - 1) / 256)) {
    my $bundle = tile('entries', $n);
    push @entries, unpack '(n/a*)*', $bundle;
    die "entries $n: not exactly entries\n" if $bundle ne pack '(n/a*)*', @entries[256 * $n .. $#entries];
}
die "there are " . @entries . " entries, not $size\n" if @entries != $size;
for (0 .. $#entries) { die "entry $_ is not in its tile\n" if sha256("\x00$entries[$_]") ne at(0, $_) }
for my $i (0 .. int($size / 256) - 1) {
    my @h = map { at(0, 256 * $i + $_) } 0 .. 255;
    @h = map { sha256("\x01$h[2 * $_]$h[2 * $_ + 1]") } 0 .. @h / 2 - 1 while @h > 1;
    die "hash $i of level 1 is not that of its tile\n" if $h[0] ne at(1, $i);
}
die "the tiles have another root\n" if mth(0, $size) ne $root;
for my $i (0, int($size / 3), $size - 1) {
    die "entry $i cannot be proven\n" if !is_in(sha256("\x00$entries[$i]"), $i, $size, $root, path($i, 0, $size));
    die "another entry is proven, too\n" if is_in(sha256("\x00other"), $i, $size, $root, path($i, 0, $size));
}
if (defined $older) {
    my ($before, $before_root) = checkpoint($older);
    die "the tree does not continue the older one\n"
        if !continues($before, $size, $before_root, $root, $before == $size ? () : growth($before, 0, $size, 1));
    die "it continues any tree\n" if $before != $size && continues($before, $size, $root, $root, growth($before, 0, $size, 1));
}
print "$_\n" for @entries;
