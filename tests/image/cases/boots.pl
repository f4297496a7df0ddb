#!/usr/bin/perl
# boots.pl ["FIRMWARE MEDIUM MODE"...] - from power-on to power-off, with 256 MB, on each firmware from each kind of medium; the image
# for training, too. What the machine says of its medium is what the file's digest is.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Test::More;

for (@ARGV ? @ARGV : ('bios cd production', 'bios usb production', 'uefi cd training', 'uefi usb production')) {
    my ($firmware, $medium, $mode) = split;
    my $iso = Machine::image($mode, 'rootseal.iso');
    my ($digest) = `sha256sum $iso` =~ /^(\S+)/;
    my $m = Machine::boot(iso => $iso, firmware => $firmware, medium => $medium, name => "boots-$firmware-$medium");
    ok(eval { Machine::reaches_console($m) }, "$firmware, $medium: reaches the console") or diag $@;
    ok(eval { Machine::choose($m, "the image's words"); $m->expect($digest) }, "$firmware, $medium: says its digest") or diag $@;
    ok(eval { $m->expect('Your choice: ') }, "$firmware, $medium: goes on") or diag $@;
    is($m->{seen} =~ /TRAINING/ ? 'training' : 'production', $mode, "$firmware, $medium: $mode");
    ok(eval { Machine::powers_off($m) }, "$firmware, $medium: powers off") or diag $@;
}
done_testing;
