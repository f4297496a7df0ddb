#!/usr/bin/perl
# growth.pl PROOF - does the proof that audit consistency prints lead from one root to the other?
use v5.36;
use FindBin;
use lib $FindBin::Bin;
use Growth qw(continues);
use JSON::PP;

open my $f, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
my $p = decode_json(join '', <$f>);
my @sizes = map { $p->{$_}{size} } qw(earlier later);
my @roots = map { pack 'H*', $p->{$_}{root} } qw(earlier later);
exit(continues(@sizes, @roots, map { pack 'H*', $_ } @{$p->{path}}) ? 0 : 1);
