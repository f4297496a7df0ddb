#!/usr/bin/perl
# unpacked.pl FILE - the file, and whatever stands in it in base64, and in that again: all that a reader could find there.
use v5.36;
use MIME::Base64;

local $/;
open my $f, '<:raw', $ARGV[0] or die "$ARGV[0]: $!\n";
my @todo = (<$f>);
while (defined(my $bytes = shift @todo)) {
    print $bytes, "\n";
    push @todo, map { decode_base64($_) } $bytes =~ m{[A-Za-z0-9+/]{40,}={0,2}}g;
}
