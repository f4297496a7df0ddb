#!/usr/bin/perl
# twice.pl - two builds give the same bits: once more from a copy of the sources, in another folder, by another user,
# with another umask, time zone and language, and on one processor.
use strict;
use warnings;
use Cwd;
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Test::More;

my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my ($here, $dir) = (getcwd, Machine::folder());
my $copy = "$dir/some/where";
my $other = $> == 0 ? 'setpriv --reuid=nobody --regid=nogroup --clear-groups' : '';
chmod 0755, "$dir"; # the other user goes in

sub run { system('bash', '-c', $_[0]) == 0 or die "failed: $_[0]\n" }
run("mkdir -p $copy/build/image && tar c --exclude=./build --exclude=./.git . | tar x -C $copy");
run("cp -r $build/image/debs $copy/build/image/"); # fetching anew would test the network
run("chown -R nobody:nogroup $dir/some") if $other;
my @isos = map { ("$_/rootseal.iso", "$_/rootseal.efi") } qw(production training);
my $said = "$build/image/log/twice-build.log";
mkdir "$build/image/log";
my $environment = "env -i PATH=\"\$PATH\" HOME=$copy TZ=Asia/Shanghai LANG=C.UTF-8";
my $targets = join ' ', map { "build/image/$_" } @isos;
my $failed = system('bash', '-c', "exec > '$here/$said' 2>&1; cd $copy && umask 077 && "
    . "$environment $other taskset -c 0 nice -n 10 make -s all $targets");
is($failed, 0, 'builds') or diag `tail -n 20 $said`;
for (@isos) {
    ok(system('cmp', '-s', "$build/image/$_", "$copy/build/image/$_") == 0, "$_: the same bits");
}
done_testing;
