#!/usr/bin/perl
# secure.pl - Secure Boot, with keys that are made for this test: the machine starts an image that is signed with its
# owner's key, and refuses one that is not signed, one that is signed with another key, and one that was changed after
# it was signed.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Test::More;
use Vars;

my $dir = Machine::folder();
my ($key, $cert) = Vars::key($dir, 'owner');
my @other = Vars::key($dir, 'stranger');
my $image = ($ENV{ROOTSEAL_BUILD} // 'build') . '/image/production';

sub signed { # KEY, CERTIFICATE: the path of an ISO
    my ($by, $with) = @_;
    my $path = "$dir/" . ($with =~ m{([^/]+)\.crt$} ? $1 : die);
    system('images/build/sign.sh', $by, $with, "$image/rootseal.efi", "$path.efi") == 0 or die "signing failed\n";
    system('images/build/iso.sh', "$path.efi", "$image/grub.bios", "$image/root.img", "$path.iso") == 0
        or die "no ISO\n";
    return "$path.iso";
}
sub machine { # NAME, ISO, MEDIUM: with Secure Boot
    my ($name, $iso, $medium) = @_;
    Vars::enrol("$dir/vars.fd", $cert);
    return Machine::boot(iso => $iso, medium => $medium, firmware => 'secure', vars => "$dir/vars.fd",
        name => "secure-$name");
}
sub refused { # NAME, ISO
    my ($name, $iso) = @_;
    my $m = machine($name, $iso, 'cd');
    ok(eval { $m->expect(qr/BdsDxe: failed to load .*: Access Denied/) }, "$name: refused") or diag $@;
    ok(!eval { $m->expect(qr/EFI stub|-- Rootseal --/, 10 * Machine::patience()) }, "$name: and not started");
}

my $iso = signed($key, $cert);
for my $medium (qw(cd usb)) {
    my $m = machine("signed-$medium", $iso, $medium);
    ok(eval { $m->expect('UEFI Secure Boot is enabled') }, "signed, $medium: Secure Boot is on") or diag $@;
    ok(eval { Machine::reaches_console($m) }, "signed, $medium: reaches the console") or diag $@;
    ok(eval { Machine::powers_off($m) }, "signed, $medium: powers off") or diag $@;
}
refused('unsigned', "$image/rootseal.iso");
refused('of-a-stranger', signed(@other));

copy($iso, "$dir/changed.iso") or die "$!\n";
open my $f, '+<:raw', "$dir/changed.iso" or die "$!\n";
my $at = index Machine::content($iso), 'lockdown=confidentiality';
cmp_ok($at, '>', 0, 'the command line is on the medium');
seek $f, $at, 0;
print $f 'lockdown=integrity      ';
close $f or die "$!\n";
refused('changed', "$dir/changed.iso");
done_testing;
