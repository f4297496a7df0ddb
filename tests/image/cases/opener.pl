#!/usr/bin/perl
# opener.pl - the initrd's program on media that it does not trust: without one it says so and powers off; one that only
# has the image's name is passed over; the root of another image does not start with this initrd.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Test::More;

my $dir = Machine::folder();
my ($kernel) = glob Machine::image('packages', 'boot/vmlinuz-*');
my @direct = ('-kernel', $kernel, '-initrd', Machine::image('production', 'initrd.img'),
    '-append', 'console=ttyS0 panic=30 loglevel=4');
my ($production, $training) = map { Machine::image($_, 'rootseal.iso') } 'production', 'training';
sub stick { # NAME, FILE: arguments that plug it in
    return ('-drive', "if=none,id=$_[0],format=raw,readonly=on,file=$_[1]", '-device', "usb-storage,drive=$_[0]");
}

my $m = Machine::boot(medium => 'none', name => 'opener-no-medium', args => \@direct);
ok(eval { Machine::says($m, 'no medium has the image on it') }, 'no medium: says so') or diag $@;
ok(eval { $m->expect('this machine did not start, nothing was touched') }, 'no medium: and what that means') or diag $@;
ok($m->ended(60 * Machine::patience()), 'no medium: powers off by itself');

mkdir "$dir/empty";
my @iso = ('xorriso', '-report_about', 'SORRY', '-as', 'mkisofs', '-quiet', '-V', 'ROOTSEAL', '-o', "$dir/name.iso");
is(system(@iso, "$dir/empty"), 0, 'a medium that only has the name');
# as a disk, which is there and is listed before any stick
$m = Machine::boot(medium => 'none', name => 'opener-name', args => [@direct, stick('real', $production),
    '-drive', "if=ide,format=raw,snapshot=on,file=$dir/name.iso"]);
my $passed_over = qr{sd[ab] has the name of the image, and no /live/root\.img on it};
ok(eval { Machine::says($m, $passed_over) }, 'the name: it is passed over') or diag $@;
ok(eval { Machine::reaches_console($m) }, 'the name: and the other one found') or diag $@;
$m->kill;

$m = Machine::boot(iso => $training, name => 'opener-other', args => \@direct);
ok(eval { Machine::says($m, 'is corrupted') }, 'the root of another image: its blocks are not those') or diag $@;
ok(!eval { $m->expect('-- Rootseal --', 10 * Machine::patience()) }, 'and it does not start');
done_testing;
