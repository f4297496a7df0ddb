#!/usr/bin/perl
# training.pl POLICY OUT - the policy of a training, made of another one: OUT is a copy of the folder POLICY, in which
# the name of the policy, the labels of the tokens, the names of all keys' holders and the certificate policies of
# every profile say that it is for training. So no token of a training is one that a production policy names, a state
# of the one is under another policy than a state of the other, and every certificate says it twice. It stops when a
# file is written so that it cannot be sure to have done all of that.
use strict;
use warnings;
use File::Basename qw(basename);

my $oid = '2.999.0'; # below the arc for examples (X.660)
my ($from, $to) = @ARGV;
die "usage: training.pl POLICY OUT\n" unless @ARGV == 2;
sub run { system(@_) == 0 or die "@_: status $?\n" }
run('rm', '-rf', $to);
run('cp', '-r', $from, $to);

sub change { # FILE FUNCTION: its text goes through the function
    my ($file, $function) = @_;
    open(my $in, '<', $file) or die "$file: $!\n";
    my $text = do { local $/; <$in> };
    close($in);
    $text = $function->($text, basename($file));
    open(my $out, '>', $file) or die "$file: $!\n";
    print $out $text;
    close($out) or die "$file: $!\n";
}

# What every file may have.
sub mark_keys {
    my $text = shift;
    $text =~ s/(pkcs11:token=[^;"\s]+)/$1-training/g;
    $text =~ s/(\{type: CN, value: "?)/$1TRAINING /g;
    return $text;
}

sub mark_appliance {
    my ($text, $name) = @_;
    $text =~ s/^(name: \S+)$/$1-training/m or die "$name: no name\n";
    $text =~ s/^sm2-vendor: .*$/sm2-vendor: softhsm-sm2/m or die "$name: no sm2-vendor\n";
    $text =~ /pkcs11:token=\S+-training/ or die "$name: the token has no label\n";
    return $text;
}

# One profile: the policy stands before others in its extensions, or there alone.
sub mark_profile {
    my ($profile, $name) = @_;
    return $profile unless $profile =~ /^  - name: (\S+)/;
    $profile =~ s/^( +policies: \[)/$1$oid, /m
        or $profile =~ s/^( +)extensions:\n/$1extensions:\n$1  policies: [$oid]\n/m
        or die "$name: the profile $1 has no block of extensions\n";
    return $profile;
}

sub mark_profiles {
    my ($text, $name) = @_;
    my ($head, $profiles) = $text =~ /\A(.*?^profiles:\n)(.*)\z/ms or return $text;
    return $head . join('', map { mark_profile($_, $name) } split /(?=^  - name:)/m, $profiles);
}

for my $file (glob("$to/*.yaml")) {
    change($file, \&mark_keys);
    change($file, \&mark_appliance) if basename($file) eq 'appliance.yaml';
    change($file, \&mark_profiles);
}
