#!/usr/bin/perl
# stick.pl - a stick that fails every write, and one that is pulled out while the bundle is written to it, cost no
# state: the error is told, and with another stick the same entry of the menu writes the bundle.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Officers;
use Test::More;

my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my $c = Machine::folder();
Officers::prepared($c, 3);
open(my $conf, '>', "$c/fails.conf") or die "$c/fails.conf: $!\n";
print $conf "[inject-error]\nevent = \"write_aio\"\nerrno = \"5\"\nonce = \"off\"\n";
close($conf);
for my $stick ("$c/fails.img", "$c/pulled.img") {
    system("truncate -s 64M $stick && mkfs.vfat $stick > /dev/null") == 0 or die "no stick\n";
}

my ($m, $o) = Officers::at_work($c, 'stick', args => [
    '-drive', "if=none,id=fails,format=raw,file=blkdebug:$c/fails.conf:$c/fails.img,werror=report",
    '-drive', "if=none,id=pulled,format=raw,file=$c/pulled.img"]);
sub swap { # the stick that is in for another one
    my ($out, $in) = @_;
    $m->monitor("device_del $out-usb");
    sleep 3;
    $m->monitor("device_add usb-storage,bus=usb.0,drive=$in,id=$in-usb,removable=on");
    sleep 5;
}
ok(eval { $o->do($_) }, $_) or diag($@) for qw(open sign);
swap('stick', 'fails');
my $code = eval { $o->fails('export') } // $@;
like($code, qr/^E_(STEP|IO|READ_ONLY)$/, 'a stick that fails is told') or diag $code;

swap('fails', 'pulled');
$m->type(8);
$m->ask('leave it: ', 1);
$m->expect('to be written');
$m->monitor('device_del pulled-usb');
ok(eval { $m->expect(qr/(rootseal-console: E_\w+)/) }, 'one that is pulled is told') or diag $@;
$m->expect('Your choice: ');
$m->monitor("drive_add 0 if=none,id=again,format=raw,file=$c/stick.img");
$m->monitor('device_add usb-storage,bus=usb.0,drive=again,id=again-usb,removable=on');
sleep 5;
ok(eval { $o->do($_) }, "then $_") or diag($@) for qw(export verify minutes);
ok($o->off, 'powers off');
is(system("mdir -b -i $c/stick.img ::/out | grep -q guangzhou-1-"), 0, 'the bundle is on the good stick');
done_testing;
