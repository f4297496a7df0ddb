#!/usr/bin/perl
# power.pl - the power is cut (qemu is killed) at 20 points, while the state is opened, a batch of 40 is signed and its
# bundle is written; then the machine is started once more, and the same entries of the menu finish the batch:
# everything is there once, the RA imports it, and the auditor finds the state whole. CUTS=N cuts it N times.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Officers;
use Test::More;
use Time::HiRes qw(sleep);

my ($cuts, $n) = ($ENV{CUTS} // 20, 40);
my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my $c = Machine::folder();
Officers::prepared($c, $n);

# What is being done when the power goes, and how long it has been at it: later each time.
sub cut {
    my ($m, $o, $i) = @_;
    my $begin = (qw(open sign sign sign export))[$i % 5];
    $o->do('open') unless $begin eq 'open';
    $o->do('sign') if $begin eq 'export';
    eval {
        local $SIG{ALRM} = sub { die "cut\n" };
        Time::HiRes::alarm(1 + 0.7 * $i * Machine::patience());
        $o->do($begin);
        sleep 60;
    };
    Time::HiRes::alarm(0);
    die $@ unless $@ eq "cut\n";
    $m->kill;
    return $begin;
}

for my $i (1 .. $cuts) {
    my $begin = eval { cut(Officers::at_work($c, "power-$i"), $i) } // '';
    ok($begin, "cut $i, while it had begun to $begin") or diag($@), last;
}
my ($m, $o) = Officers::at_work($c, 'power');
for my $step (qw(open sign export minutes copy verify)) {
    ok(eval { $o->do($step) }, $step) or diag($@), last;
}
ok($o->off, 'powers off');

my $training = "$build/test/image/training/bin";
is(system("mkdir $c/out && mcopy -s -i $c/stick.img '::out/*' '::anchors-*' '::state-*' $c/out/"), 0,
    'the stick can be read');
my @bundles = glob "$c/out/guangzhou-1-*";
my ($anchors, $state) = map { (glob "$c/out/$_")[-1] // '' } 'anchors-*', 'state-*';
is(scalar @bundles, 1, 'one bundle is on it');
my $ra = "$build/test/world/bin/ra";
my $import = "$ra import --bundle $bundles[0] --batch $c/batch --anchors $anchors --out $c/imported";
is(system("$import > $c/import.log 2>&1"), 0, 'the RA imports it') or diag(`cat $c/import.log`);
is(system("$training/audit verify --state $state --anchors $anchors > $c/audit.log 2>&1"), 0,
    'the auditor verifies the state') or diag(`cat $c/audit.log`);
is(`grep -c '"type":"issued"' $state/audit.jsonl` + 0, $n, 'and each request was answered once');
done_testing;
