#!/usr/bin/perl
# bench.pl [--quick] [--runs N] [--divide N] [--list] [WORD ...] - how fast Rootseal is, beside what else could be done with the same
# token, files and processors. Every comparison is of one run, ours and theirs by turns, five times; told are the medians and,
# of their ratios, the least and the greatest. Prints a table and writes the same figures to BUILD/bench.json; ends with the
# goals that were missed, which is no failure: a program that does not run is one.
#
#   --quick      less of everything
#   --runs N     runs of each, instead of 5
#   --divide N   of every size only the N-th part, for trying the bench itself
#   WORD         only the figures of this name (--list)
#
# Run in the project's root; `make bench` does. What it works with stays in BUILD/bench/.
use v5.36;
use FindBin;
use lib $FindBin::Bin;
use Cwd qw(getcwd);
use Getopt::Long;
use JSON::PP;
use List::Util qw(max);
use Figure;
use World;
use Signing;
use Lists;
use Auditing;
use Memory;
use Scale;
$| = 1;

my ($runs, $divide, $quick, $list) = (5, 1);
GetOptions('quick' => \$quick, 'runs=i' => \$runs, 'divide=i' => \$divide, 'list' => \$list) or exit 2;
die "bench: at least one run, of at least something\n" if $runs < 1 || $divide < 1;
$ENV{PWD} = getcwd();
$ENV{LC_ALL} = 'C.UTF-8';
delete $ENV{LANGUAGE};
my $build = $ENV{ROOTSEAL_BUILD} // 'build';

# At full size, and quickly. What is counted in seconds is not rounded.
my %SIZES = (
    requests => [5_000, 500],
    rsa4096 => [1_000, 100],
    latency => [4_000, 500],
    bound => [2, 0.2],    # seconds
    crl => [1_000_000, 20_000],
    ocsp => [100_000, 1_000],
    audit => [10_000, 500],
    many => [100_000, 5_000],
    batch => [1_000, 100],
    history => [1_000_000, 20_000],
);
my %size = map { $_ => $SIZES{$_}[$quick ? 1 : 0] / $divide } keys %SIZES;
$size{$_} = max(1, int $size{$_}) for grep { $_ ne 'bound' } keys %size;

my @figures = map { $_->figures } qw(Signing Lists Auditing Memory Scale);
if ($list) {
    say $_->[0] for @figures;
    exit 0;
}
for my $word (@ARGV) {
    die "bench: no figure is called $word\n" unless grep { $_->[0] eq $word } @figures;
}
@figures = grep { my $name = $_->[0]; grep { $_ eq $name } @ARGV } @figures if @ARGV;

my $world = World->make("$build/bench/world", 'sm3');
my @done;
for my $f (@figures) {
    my ($name, $measure) = @$f;
    say STDERR "bench: $name";
    push @done, $measure->($world, \%size, $runs);
}
$_->clear for grep { defined } $world, $world->{other};

my $cores = `nproc` + 0;
say "$cores processors, medians of $runs runs";
print Figure::head(), map { $_->row } @done;
my @missed = grep { $_->missed } @done;
say @missed ? 'goals missed:' : 'no goal was missed';
printf "    %-24s %s, not %s\n", $_->{name}, Figure::digits($_->value), $_->{goal} for @missed;

open my $out, '>', "$build/bench.json" or die "$build/bench.json: $!\n";
print $out JSON::PP->new->canonical->pretty->encode({
    format => 'rootseal-bench-2',
    processors => $cores,
    runs => $runs,
    sizes => \%size,
    figures => [map { $_->plain } @done],
});
close $out or die "$build/bench.json: $!\n";
say "$build/bench.json";
