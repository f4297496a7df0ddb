#!/usr/bin/perl
# usb.pl - one keyboard works; a second one is refused and said, whether it is there at the start or comes later, and
# so is what is neither storage nor a reader. Ctrl-alt-del on the keyboard that works powers off cleanly.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Test::More;

my $refused = qr/USB: a keyboard \([^)]*\): refused: there are as many as may be/;
my $m = Machine::boot(iso => Machine::image('production', 'rootseal.iso'), name => 'usb', args => [
    map { ('-device', "$_,bus=usb.0") } 'usb-kbd', 'usb-kbd', 'usb-tablet', 'usb-ccid']);
ok(eval { Machine::reaches_console($m) }, 'reaches the console') or diag $@;
ok(eval { $m->{at} = 0; $m->expect($refused) }, 'the second keyboard is refused') or diag $@;
ok(eval { $m->{at} = 0; $m->expect('refused: only storage, smart-card readers and one keyboard work here') },
    'and a pointing device') or diag $@;
is(scalar(() = $m->{seen} =~ /refused/g), 2, 'and nothing else is: not the first keyboard, not the reader');
$m->monitor('device_add usb-kbd,bus=usb.0,id=later');
ok(eval { $m->expect($refused) }, 'one that comes later, too') or diag $@;
$m->monitor('device_add usb-mouse,bus=usb.0,id=mouse');
ok(eval { $m->expect('only storage, smart-card readers') }, 'and a mouse') or diag $@;
$m->monitor('sendkey ctrl-alt-delete');
ok(eval { $m->expect('Rootseal: off') }, 'ctrl-alt-del ends the machine') or diag $@;
ok($m->ended(60 * Machine::patience()), 'and it is off');
unlike($m->{seen}, qr/Kernel panic/, 'without a panic');
done_testing;
