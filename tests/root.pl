#!/usr/bin/perl
# root.pl FILE - the root of the Merkle tree over the lines of a file (RFC 9162 2.1.1): the digest of a batch, and of a plan.
# Level by level, where the programs of the project go by full subtrees.
use v5.36;
use Digest::SHA qw(sha256);

open my $f, '<:raw', $ARGV[0] or die "$ARGV[0]: $!\n";
chomp(my @level = <$f>);
@level = map { sha256("\0$_") } @level;
while (@level > 1) {
    my @above;
    push @above, sha256(join '', "\1", splice @level, 0, 2) while @level > 1;
    @level = (@above, @level);
}
say unpack 'H*', $level[0] // sha256('');
