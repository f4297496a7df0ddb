#!/usr/bin/perl
# pe_stamp.pl FILE SECONDS: sets the time of a PE file's header, which objcopy takes from the clock, and clears the
# checksum that depends on it and that no firmware looks at for an application. PE format, COFF header: 4 bytes of
# signature, then machine and number of sections, then the time; the checksum is 64 bytes into the optional header.
use strict;
use warnings;

my ($path, $seconds) = @ARGV;
open my $f, '+<:raw', $path or die "$path: $!\n";
sub at {
    my ($offset, $length) = @_;
    seek $f, $offset, 0 or die "$path: $!\n";
    read($f, my $bytes, $length) == $length or die "$path: too short for a PE file\n";
    return $bytes;
}
sub put {
    my ($offset, $number) = @_;
    seek $f, $offset, 0 or die "$path: $!\n";
    print $f pack 'V', $number or die "$path: $!\n";
}
my $header = unpack 'V', at(0x3c, 4);
at($header, 4) eq "PE\0\0" or die "$path: not a PE file\n";
put($header + 8, $seconds);
put($header + 24 + 64, 0);
close $f or die "$path: $!\n";
