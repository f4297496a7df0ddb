# Vars.pm - what a UEFI firmware keeps, with keys for Secure Boot in it.
#
#   Vars::enrol(FILE, CERTIFICATE)    makes FILE: OVMF's empty variables, and the certificate (PEM) as PK, KEK and in db
#   Vars::key(FOLDER, NAME)           makes a key and its certificate there; their paths
#
# A firmware volume holds a variable store, and that a header and the variables one behind the other, as
# MdeModulePkg's Include/Guid/VariableFormat.h has them; a list of certificates is UEFI 2.10, 32.4.1. A firmware with
# a PK checks signatures.
package Vars;
use strict;
use warnings;

my $empty = '/usr/share/OVMF/OVMF_VARS_4M.fd';
my $store_guid = guid('aaf32c78-947b-439a-a180-2e144ec37792');
my $global = guid('8be4df61-93ca-11d2-aa0d-00e098032b8c');
my $database = guid('d719b2cb-3d3a-4596-a3bc-dad00e67656f');
my $x509 = guid('a5c059a1-94e4-4aa7-87b5-ab155c2bf072');
my $owner = guid('526f6f74-7365-416c-8000-000000000002');
my $attributes = 0x27; # kept, for boot services and run time, changed only with a signature and a time

sub guid {
    my ($a, $b, $c, $d) = $_[0] =~ /^(.{8})-(.{4})-(.{4})-(.{4}-.{12})$/ or die "no GUID: $_[0]\n";
    $d =~ tr/-//d;
    return pack('V v v', hex $a, hex $b, hex $c) . pack('H*', $d);
}

sub slurp {
    my $path = shift;
    open my $f, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$f>;
}

sub key {
    my ($dir, $name) = @_;
    my @paths = ("$dir/$name.key", "$dir/$name.crt");
    my $to = "-keyout $paths[0] -out $paths[1]";
    my $said = `openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=$name -days 2 $to 2>&1`;
    die "openssl req: $said\n" if $? != 0;
    return @paths;
}

sub list {
    my $der = shift;
    return $x509 . pack('V V V', 28 + 16 + length $der, 0, 16 + length $der) . $owner . $der;
}

sub variable {
    my ($name, $vendor, $data) = @_;
    my $wide = join '', map { pack 'v', ord } split(//, $name), "\0";
    my $time = pack 'v C C C C C x V v C x', 2024, 1, 1, 0, 0, 0, 0, 0, 0;
    my $v = pack('v C x V x8', 0x55aa, 0x3f, $attributes) . $time . pack('V V V', 0, length $wide, length $data);
    $v .= $vendor . $wide . $data;
    return $v . "\xff" x (-length($v) % 4);
}

# Where the first free byte of the store is.
sub free_at {
    my $fd = shift;
    my $at = index $fd, $store_guid;
    die "$empty: no variable store\n" if $at < 0;
    $at += 28;
    while (unpack('v', substr $fd, $at, 2) == 0x55aa) {
        my ($name, $data) = unpack 'V V', substr $fd, $at + 36, 8;
        $at += 60 + $name + $data;
        $at += -$at % 4;
    }
    return $at;
}

sub enrol {
    my ($path, $certificate) = @_;
    my $fd = slurp($empty);
    my $der = `openssl x509 -in '$certificate' -outform DER`;
    my $list = list($der);
    my $new = variable('PK', $global, $list) . variable('KEK', $global, $list) . variable('db', $database, $list);
    substr($fd, free_at($fd), length $new) = $new;
    open my $f, '>:raw', $path or die "$path: $!\n";
    print $f $fd;
    close $f or die "$path: $!\n";
}

1;
