#!/usr/bin/perl
# altered.pl - a byte that was changed on the medium stops the boot: in the root, in the kernel, in the initrd. The
# same copy boots when the byte is put back, so it was that byte.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Test::More;

my $copy = Machine::folder() . '/altered.iso';
copy(Machine::image('production', 'rootseal.iso'), $copy) or die "$copy: $!\n";

sub flip { # AT: turns one bit
    my $at = shift;
    open my $f, '+<:raw', $copy or die "$copy: $!\n";
    seek $f, $at, 0;
    read $f, my $byte, 1;
    seek $f, $at, 0;
    print $f chr(ord($byte) ^ 1);
    close $f or die "$copy: $!\n";
}
sub where { # FILE, BYTES-INTO-IT: where that byte is on the medium
    my ($name, $into) = @_;
    my ($iso, $part) = map { Machine::content($_) } $copy, Machine::image('production', $name);
    my $at = index $iso, substr $part, 0, 1 << 20;
    die "$name is not on the medium\n" if $at < 0;
    return $at + $into;
}
sub stops { # WHAT, AT, SAID, FIRMWARE
    my ($what, $at, $said, $firmware) = @_;
    flip($at);
    my $m = Machine::boot(iso => $copy, firmware => $firmware, name => "altered-$what");
    ok(eval { Machine::says($m, $said) }, "$what: the machine says why it stops") or diag $@;
    ok(!eval { $m->expect('-- Rootseal --', 10 * Machine::patience()) }, "$what: the console is not reached");
    flip($at);
}

my $size = -s Machine::image('production', 'root.img');
# the superblock of the root; and the last blocks of its data, where its tables of inodes and folders are
my ($blocks) = Machine::content(Machine::image('production', 'verity')) =~ /^(\d+)/;
stops('root', where('root.img', 0), qr/block 0 is corrupted/, 'bios');
stops('root-tables', where('root.img', $blocks * 4096 - 4096), qr/is corrupted/, 'bios');
stops('root-hashes', where('root.img', $size - 4096), qr/is corrupted/, 'bios');
stops('kernel', where('rootseal.efi', 4 << 20), 'this medium is not what was built', 'bios');
stops('initrd', where('initrd.img', 1 << 20), 'this medium is not what was built', 'bios');
my $m = Machine::boot(iso => $copy, name => 'altered-not');
ok(eval { Machine::reaches_console($m) }, 'the unaltered copy boots') or diag $@;
$m->kill;
done_testing;
