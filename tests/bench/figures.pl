#!/usr/bin/perl
# figures.pl - the bench's own arithmetic: medians, ratios of pairs, spreads, goals (Figure.pm), what strace saw written (Scale.pm);
# and that the README tells of the figures that there are. Ends `N passed, N failed`.
use v5.36;
use FindBin;
use lib $FindBin::Bin;
use Figure;
use Scale;

my ($passed, $failed) = (0, 0);
sub ok($what, $good) {
    $good ? $passed++ : $failed++;
    say $good ? 'ok   ' : 'FAIL ', $what;
}
sub about($a, $b) { return abs($a - $b) < 1e-9 }
sub refused($what, %figure) {
    eval { Figure->new(name => 'x', text => 'x', %figure) };
    ok("refused: $what", $@ ne '');
}
sub figure(%figure) { return Figure->new(name => 'x', text => 'x', %figure) }

ok('the middle one of an odd number', Figure::median(9, 1, 10) == 9);
ok('numbers, not texts, are sorted', Figure::median(100, 20, 3) == 20);
ok('the mean of the two in the middle', about(Figure::median(4, 1, 3, 2), 2.5));
ok('of one, that one', Figure::median(7) == 7);
ok('what is four times as much for four times as many grows as they do', about(Figure::exponent(2, 8, 4), 1));
ok('a square', about(Figure::exponent(1, 16, 4), 2));
ok('what is the same for any number', about(Figure::exponent(3, 3, 4), 0));

# ours takes 2, 4, 10; theirs 1, 4, 4: 0.5, 1, 0.4 as fast
my %pairs = (ours => [2, 4, 10], theirs => [1, 4, 4]);
my $fast = figure(%pairs, goal => '>= 0.5');
ok('the ratio is taken run by run, then its median', about($fast->value, 0.5));
my ($least, $greatest) = $fast->spread;
ok('its spread', about($least, 0.4) && about($greatest, 1));
ok('a goal that is just met', !$fast->missed);
ok('a goal that is missed', figure(%pairs, goal => '>= 0.51')->missed);
my $cost = figure(%pairs, goal => '<= 2');
ok('a bound from above is of cost: ours by theirs', about($cost->value, 2) && !$cost->missed);
ok('and can be missed', figure(%pairs, goal => '<= 1.9')->missed);
ok('without a goal nothing is missed', !figure(%pairs)->missed && about(figure(%pairs)->value, 0.5));
my $alone = figure(ours => [3, 1, 2], goal => '<= 2');
ok('without another it is what was measured', $alone->value == 2 && !$alone->missed && figure(ours => [3], goal => '<= 2')->missed);

my $plain = $fast->plain;
ok('the file tells medians, value, spread and goal', $plain->{ours} == 4 && $plain->{theirs} == 4 && about($plain->{value}, 0.5)
    && about($plain->{least}, 0.4) && $plain->{runs} == 3 && $plain->{goal} eq '>= 0.5' && !${$plain->{missed}});
ok('the row too', $fast->row =~ /4\.00 s +4\.00 s +0\.500 +0\.400 to 1\.00 +>= 0\.5$/m);
my $proven = figure(%pairs, proof => {syncs => 7, verifications => 9, out => 'x'});
ok('what proves that nothing was left out is told', $proven->row =~ /\b7 syncs, 9 signatures verified/ && $proven->plain->{syncs} == 7
    && !exists $proven->plain->{out});
ok('digits', join(' ', map { Figure::digits($_) } 0.0123, 0.9951, 12.346, 123.46, 12345.6) eq '0.012 1.00 12.35 123.5 12346');
refused('no runs', ours => []);
refused('not as many of both', ours => [1, 2], theirs => [1]);
refused('a goal that is none', ours => [1], goal => '~ 3');

# A call that another thread's stands between is told in two lines.
my $bytes = Scale::written(<<'END');
10 write(3</s/state/audit.jsonl>, ""..., 100) = 100
10 write(4</s/state/index.db-wal>, ""..., 4096 <unfinished ...>
11 write(3</s/state/audit.jsonl>, ""..., 50) = 7
10 <... write resumed>) = 4096
11 write(3</s/state/audit.jsonl>, ""..., 50) = -1 ENOSPC (No space left on device)
11 pwrite64(5</s/state/archive/ab/plan.jsonl.tmp>, ""..., 5, 0) = 5
END
ok('what was written, by file', join(' ', map { "$_ $bytes->{$_}" } sort keys %$bytes) eq
    '/s/state/archive/ab/plan.jsonl.tmp 5 /s/state/audit.jsonl 107 /s/state/index.db-wal 4096');

my @listed = sort split ' ', `$FindBin::Bin/bench.pl --list`;
open my $readme, '<', "$FindBin::Bin/../../README.md" or die "README.md: $!\n";
my @told = sort map { /^\| `([a-z0-9]+)` \| / && $1 || () } grep { /^\| figures \|/ .. /^$/ } <$readme>;
ok("the README's table has each figure, and no other", @listed > 5 && "@listed" eq "@told");
say "$passed passed, $failed failed";
exit($failed > 0);
