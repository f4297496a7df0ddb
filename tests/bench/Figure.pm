# Figure.pm - a figure of the bench: what it compares, what came of each run, and what is to be told of it.
#
# With `theirs`, run by run, it is a ratio: by what part ours is as fast (goal ">= 0.85"), or what part of theirs it costs
# (goal "<= 0.25"). Without, it is what was measured. The median of the runs is told, and the least and the greatest.
package Figure;
use v5.36;
use List::Util qw(min max);

# name, text, unit, ours => [...]; theirs => [...], goal, note, and `proof` => {syncs, verifications} of one run
sub new($class, %figure) {
    my $f = bless {unit => 's', %figure}, $class;
    die "$f->{name}: no runs\n" unless @{$f->{ours}};
    die "$f->{name}: not as many runs of both\n" if $f->{theirs} && @{$f->{theirs}} != @{$f->{ours}};
    die "$f->{name}: a goal that is none\n" if defined $f->{goal} && $f->{goal} !~ /^[<>]= [\d.]+$/;
    return $f;
}

sub median(@values) {
    my @sorted = sort { $a <=> $b } @values;
    my $middle = int(@sorted / 2);
    return @sorted % 2 ? $sorted[$middle] : ($sorted[$middle - 1] + $sorted[$middle]) / 2;
}

# By which power of its size a cost grows, from what it is at a size and at `times` that size.
sub exponent($less, $more, $times) { return log($more / $less) / log($times) }

# One number for each run. A goal that is a bound from above speaks of cost.
sub values($f) {
    return @{$f->{ours}} unless $f->{theirs};
    my $cost = ($f->{goal} // '') =~ /^</;
    return map { my ($ours, $theirs) = ($f->{ours}[$_], $f->{theirs}[$_]);
                 $cost ? $ours / $theirs : $theirs / $ours } 0 .. $#{$f->{ours}};
}

sub value($f) { return median($f->values) }
sub spread($f) { my @v = $f->values; return (min(@v), max(@v)) }

# Is the goal missed?
sub missed($f) {
    my ($how, $bound) = ($f->{goal} // return 0) =~ /^([<>])= ([\d.]+)$/;
    return $how eq '>' ? $f->value < $bound : $f->value > $bound;
}

# -- told --

sub digits($n) { return sprintf $n >= 1000 ? '%.0f' : $n >= 100 ? '%.1f' : $n >= 0.995 ? '%.2f' : '%.3f', $n }

my $ROW = "%-58s %12s %12s %8s %17s %8s\n";
sub head() { return sprintf $ROW, '', 'ours', 'theirs', 'ratio', 'spread', 'goal' }
sub row($f) {
    my $with = sub ($v) { digits(median(@$v)) . " $f->{unit}" };
    my $ratio = $f->{theirs} ? digits($f->value) : '';
    my $row = sprintf $ROW, $f->{text}, $with->($f->{ours}), $f->{theirs} ? $with->($f->{theirs}) : '', $ratio,
        join(' to ', map { digits($_) } $f->spread), $f->{goal} // '';
    $row .= sprintf "%-58s %d syncs, %d signatures verified\n", '', @{$f->{proof}}{qw(syncs verifications)} if $f->{proof};
    $row .= "    $_\n" for @{$f->{note} // []};
    return $row;
}

# For the JSON file: numbers, not texts.
sub plain($f) {
    my ($least, $greatest) = $f->spread;
    my %plain = (figure => $f->{name}, text => $f->{text}, unit => $f->{unit}, runs => scalar @{$f->{ours}},
                 ours => median(@{$f->{ours}}), value => $f->value, least => $least, greatest => $greatest);
    $plain{theirs} = median(@{$f->{theirs}}) if $f->{theirs};
    $plain{goal} = $f->{goal} if defined $f->{goal};
    $plain{missed} = $f->missed ? \1 : \0 if defined $f->{goal};
    @plain{qw(syncs verifications)} = @{$f->{proof}}{qw(syncs verifications)} if $f->{proof};
    $plain{note} = $f->{note} if $f->{note};
    $plain{$_} += 0 for grep { defined $plain{$_} } qw(ours theirs value least greatest syncs verifications);
    return \%plain;
}

1;
