#!/usr/bin/perl
# network.pl - with network cards in the machine there is no interface but lo: PID 1 refuses a machine that has
# another one, and it does not refuse this one. No module in the initrd is a network driver's.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Test::More;

my $initrd = Machine::image('production', 'initrd.img');
my $packages = Machine::image('packages', '');
my @modules = grep { m{^modules/} } split /\n/, `zstd -dcq $initrd | cpio -t --quiet`;
my @drivers = split /\n/, `find $packages/usr/lib/modules -path '*/drivers/net/*' -name '*.ko'`;
my %drivers = map { (s{.*/}{}r => $_) } @drivers;
cmp_ok(scalar @modules, '>', 30, 'the initrd has its modules');
cmp_ok(scalar keys %drivers, '>', 300, 'the kernel has its network drivers');
is_deeply([grep { exists $drivers{s{.*/}{}r} } @modules], [], 'and none of them is in the initrd');

my $m = Machine::boot(iso => Machine::image('production', 'rootseal.iso'), name => 'network', args => [
    map { ('-device', $_) } 'e1000', 'virtio-net-pci', 'usb-net,bus=usb.0']);
ok(eval { Machine::reaches_console($m) }, 'reaches the console') or diag $@;
like($m->{seen}, qr/1  open the state medium/, 'and the machine is found fit');
unlike($m->{seen}, qr/network interfaces besides/, 'no interface is complained of');
ok(eval { Machine::powers_off($m) }, 'powers off') or diag $@;
done_testing;
