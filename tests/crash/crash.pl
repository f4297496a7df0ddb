#!/usr/bin/perl
# crash.pl [--points N] [--only PROGRAM] - the crash sweep: every system call of every program that writes meets SIGKILL,
# EIO, ENOSPC, EINTR, a short read or write, and an error said after the call was done. Whatever was left behind, the same
# command again must end as if nothing had been. N points (3500) are chosen; 0 takes all there are; --only those of one
# program.
#
# Each program is traced once undisturbed, which tells how many calls each fault fits (trace.c). Calls that change log,
# archive, anchors or medium come first and get three quarters of N, which is enough for all of them; reads, the indexes (
# caches), and the token's own files share the rest, spread evenly over each run. After each fault:
#
#   - the program was killed, or says a code, or is done: then running it again may not change anything;
#   - what can be seen, on the medium or in the archive, is in the log;
#   - the same command again is done; the rest of the way leads to the answers, serials, log and bundle that it should.
#
# The token's files are SoftHSM's own: where one of its writes is disturbed it may lose what it keeps there, as a broken HSM
# would, and no program of ours repairs that. What is asked there: a code that says so, and nothing lost on our side of it,
# which the auditor tells. So it may go with one in LOST of the points inside the token's own folder, and no other.
#
# Ends `N passed, N failed`. What failed is kept below BUILD/test/crash/sweep/failed.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Scene;
use POSIX ();
use File::Path qw(remove_tree);
use Getopt::Long;
$| = 1;

chdir "$FindBin::Bin/../.." or die "$!\n";
my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my $DIR = POSIX::getcwd() . "/$build/test/crash/sweep";
my ($POINTS, $ONLY) = (3500, '');
GetOptions('points=i' => \$POINTS, 'only=s' => \$ONLY) or exit 2;
my @KINDS = qw(kill eio enospc eintr short late);
my %LETTER = (kill => 'k', eio => 'e', enospc => 'n', eintr => 'i', short => 's', late => 'l');
my $LOST = 10;
my $JOBS = $ENV{JOBS} // (`nproc` + 0);

# -- each program: what is run, what may be said when it is run again, and what must be true then --

# The rest of the way of a batch, from wherever it stands.
sub finish {
    my ($s) = @_;
    for my $step ('authorise-officer-1', 'authorise-officer-2', @{$s->{rest}}) {
        my $r = $s->run($step);
        next if $r->{status} == 0 || ($r->{code} // '') =~ /^E_(OFFICER_TWICE|PLAN_STALE)$/;
        return Scene::why($r);
    }
    return $s->complete;
}

sub finish_plan {
    my ($s, $again) = @_;
    my $wrong = $s->follow($again);
    return $wrong ? $wrong : finish($s);
}

sub finish_run {
    my ($s) = @_;
    for my $step (@{$s->{rest}}) {
        my $r = $s->run($step);
        return Scene::why($r) if $r->{status} != 0;
    }
    return $s->complete;
}

sub finish_ceremony {
    my ($s) = @_;
    for my $step ('root', 'audit') {
        my $r = $s->run($step);
        return Scene::why($r) if $r->{status} != 0;
    }
    return '';
}

# A new log whose token knows it: so root finds fault with nothing but the missing keys.
sub finish_init {
    my ($s) = @_;
    my $r = $s->run('root');
    return ($r->{code} // '') eq 'E_KEY_MISSING' ? '' : 'a new log: ' . Scene::why($r);
}

# A ceremony that has come to its end: each of its steps is done once, each certificate made once, and log, record, minutes and
# token say the same.
sub finish_walk {
    my ($s) = @_;
    my ($told, %n, @keys, @done) = (0);
    for (@{$s->log_lines}) {
        my ($type) = /"type":"([\w-]+)"/;
        $n{$type}++;
        push @done, /"step":(\d+)/ if $type eq 'step';
        # The token was told of the lines before, so no line may take them back.
        if ($type eq 'anchor') { push @keys, /"key":"([^"]+)"/; $told = @done }
        if ($type eq 'ceremony') { splice @done, /"done":(\d+)/ ? $1 : 0; return 'a step is done anew' if @done < $told }
    }
    return "the log certifies @keys" if join(' ', sort @keys) ne 'rootseal-log smartca-root-sm2';
    return "the log has done the steps @done" if "@done" ne '1 2 3';
    return "the log has $n{minutes} minutes and $n{certify} lines of what is certified" if "$n{minutes} $n{certify}" ne '1 1';
    my $before = $s->digest('state/audit.jsonl', 'state/anchors');
    for my $step ('minutes', 'audit', 'keys') {
        my $r = $s->run($step);
        return Scene::why($r) if $r->{status} != 0;
    }
    return $s->digest('state/audit.jsonl', 'state/anchors') eq $before ? '' : 'looking changed something';
}

# again: the codes that may come instead of success, with the step that then goes on. keeps: the folders in which a second
# run after a success changes nothing. most: no more points than these are played, all at files of ours.
my %PROGRAMS = (
    init => {again => {E_STATE_EXISTS => undef}, keeps => ['state'], check => \&finish_init, own => 1},
    keygen => {again => {E_KEY_EXISTS => 'adopt'}, keeps => ['state'], check => \&finish_ceremony, own => 1},
    root => {again => {}, keeps => ['state/anchors'], check => \&finish_ceremony, own => 1},
    ceremony => {again => {}, keeps => ['state/audit.jsonl', 'state/anchors'], check => \&finish_walk, own => 1, most => 250},
    plan => {again => {}, keeps => ['state'], check => \&finish_plan},
    authorise => {step => 'authorise-officer-2', again => {E_OFFICER_TWICE => undef}, keeps => ['state'], check => \&finish},
    sign => {again => {}, keeps => ['state'], check => \&finish_run},
    export => {again => {}, keeps => ['state', 'out'], check => sub { $_[0]->complete }},
    recover => {step => 'run', again => {}, keeps => ['state', 'out'], check => sub { $_[0]->complete }},
    import => {again => {}, keeps => ['imported'], check => sub { $_[0]->taken }},
    order => {again => {}, keeps => [], check => \&finish_plan},
    'order-sign' => {step => 'sign', again => {}, keeps => ['state'], check => \&finish_run},
    'order-export' => {step => 'export', again => {}, keeps => ['state', 'out'], check => sub { $_[0]->complete }},
    'order-tree' => {step => 'tree', again => {E_FOLDER_OCCUPIED => 'tree-anew'}, keeps => ['imported'],
                     check => sub { $_[0]->taken }},
);
my @ORDER = grep { $ONLY eq '' || $_ eq $ONLY } 
    qw(init keygen root ceremony plan authorise sign export recover import order order-sign order-export order-tree);

# -- the points --

sub baseline {
    my ($s, $name) = @_;
    my $list = "$s->{at}/list";
    $s->begin($name);
    my $r = $s->run($PROGRAMS{$name}{step} // $name, [$s->{TRACE}, '--under', $s->{work}, '--list', $list, '--']);
    die 'undisturbed, ' . Scene::why($r) . "\n" if $r->{status} != 0;
    my (@points, %n);
    for my $line (split /\n/, Scene::slurp($list)) {
        my ($letters, $call, $path) = split / /, $line, 3;
        my $foreign = $path =~ m{^\Q$s->{work}\E/tokens} || $path =~ m{/(index|signing)\.db};
        my $first = $letters =~ /k/ && !$foreign;
        for my $kind (grep { index($letters, $LETTER{$_}) >= 0 } @KINDS) {
            $n{$kind}++;
            next if $foreign && defined $PROGRAMS{$name}{most};
            push @points, {program => $name, kind => $kind, n => $n{$kind}, first => $first};
        }
    }
    return defined $PROGRAMS{$name}{most} ? spread($PROGRAMS{$name}{most}, @points) : @points;
}

# n of these, spread evenly.
sub spread {
    my ($n, @all) = @_;
    return @all if $n >= @all;
    return map { $all[int($_ * @all / $n)] } 0 .. $n - 1;
}

sub choose {
    my @all = @_;
    return @all if $POINTS == 0;
    my @first = spread(int($POINTS * 3 / 4), grep { $_->{first} } @all);
    return (@first, spread($POINTS - @first, grep { !$_->{first} } @all));
}

# -- one point --

# Did the fault strike a file of the token's own?
sub in_token {
    my ($s, $hit) = @_;
    return $hit =~ m{\Q$s->{work}\E/tokens/};
}

# What came of it, as above: '' when it is only that the token is broken.
sub token_lost {
    my ($s, $wrong) = @_;
    return $wrong if $wrong !~ /ended with [1-5]: \w+: E_(TOKEN|KEY|PIN|LOG_ROLLED_BACK)/;
    return '' if !-e "$s->{work}/state/audit.jsonl";
    my $r = $s->run('audit');
    return $r->{status} == 0 ? '' : "$wrong; and then " . Scene::why($r);
}

sub play {
    my ($s, $point) = @_;
    local $s->{own_anchors} = $PROGRAMS{$point->{program}}{own};
    my $wrong = disturb($s, $point);
    $point->{token} = in_token($s, $point->{hit});
    return $wrong if $wrong eq '' || $point->{dishonest} || !$point->{token};
    $wrong = token_lost($s, $wrong);
    $point->{lost} = $wrong eq '';
    return $wrong;
}

sub disturb {
    my ($s, $point) = @_;
    my $p = $PROGRAMS{$point->{program}};
    my $step = $p->{step} // $point->{program};
    unlink "$s->{at}/hit";
    $s->begin($point->{program});
    my $r = $s->run($step, [$s->{TRACE}, '--under', $s->{work}, '--inject', "$point->{kind}:$point->{n}", '--hit',
                            "$s->{at}/hit", '--']);
    my $hit = Scene::slurp("$s->{at}/hit");
    $hit =~ s/\n.*//s;
    $point->{hit} = $hit;
    my $killed = $point->{kind} eq 'kill' && $hit ne '' && $r->{status} == 137;
    my $wrong = $killed ? '' : Scene::honest($r);
    $wrong = $s->visible if !$wrong && !$p->{own};
    $point->{dishonest} = $wrong ne '';
    return $wrong if $wrong;
    my $done = $r->{status} == 0 ? $s->digest(@{$p->{keeps}}) : undef;
    my $again = $s->run($step);
    my $allowed = $again->{status} != 0 && exists $p->{again}{$again->{code} // ''};
    my $other = $allowed ? $p->{again}{$again->{code}} : undef;
    $again = $s->run($other) if defined $other;
    return 'again, ' . Scene::why($again) if $again->{status} != 0 && (!$allowed || defined $other);
    return 'it said that it was done, and again changed something'
        if defined $done && $point->{program} ne 'root' && $s->digest(@{$p->{keeps}}) ne $done;
    return $p->{check}->($s, $again);
}

# -- workers: each takes every JOBS-th point and writes one line for each to its report --

sub work {
    my ($worker, @points) = @_;
    my $s = Scene->new($DIR, "worker-$worker");
    open my $report, '>', "$DIR/report-$worker" or die "$DIR/report-$worker: $!\n";
    for my $point (@points) {
        $point->{hit} = '';
        my $wrong = eval { play($s, $point) } // "the sweep itself: $@";
        $wrong =~ s/\s+/ /g;
        (my $hit = $point->{hit}) =~ s{\Q$s->{work}/}{};
        my $result = $wrong ne '' ? 'FAIL' : $hit eq '' ? 'late' : $point->{lost} ? 'lost' : 'ok';
        my $where = $point->{token} ? 'token' : 'ours';
        print $report "$result $point->{program} $point->{kind} $point->{n} $where $hit: $wrong\n";
        if ($wrong ne '') {
            print "FAIL $point->{program} $point->{kind} $point->{n} ($hit): $wrong\n";
            system('cp', '-a', $s->{work}, "$DIR/failed/$point->{program}-$point->{kind}-$point->{n}");
        }
    }
    close $report or die "$!\n";
    remove_tree($s->{at});
}

remove_tree($DIR);
system('tests/crash/scene.sh', $DIR) == 0 or die "the scenes could not be made\n";
mkdir "$DIR/failed";
my $s = Scene->new($DIR, 'baseline');
my @all = map { local $s->{own_anchors} = $PROGRAMS{$_}{own}; baseline($s, $_) } @ORDER;
remove_tree($s->{at});
my @points = choose(@all);
printf "%d points, %d of them change ours; %d are played, %d of these, by %d workers\n", scalar @all,
    scalar(grep { $_->{first} } @all), scalar @points, scalar(grep { $_->{first} } @points), $JOBS;
my @workers = map {
    my $worker = $_;
    my $pid = fork() // die "fork: $!\n";
    if ($pid == 0) {
        work($worker, map { $points[$_] } grep { $_ % $JOBS == $worker } 0 .. $#points);
        POSIX::_exit(0);
    }
    $pid;
} 0 .. $JOBS - 1;
my $broken = grep { waitpid($_, 0); $? != 0 } @workers;

my (%n, $passed, $failed);
($passed, $failed) = (0, $broken);
my (%result, $in_token);
$in_token = 0;
for my $worker (0 .. $JOBS - 1) {
    for (split /\n/, Scene::slurp("$DIR/report-$worker")) {
        my ($result, $program, $kind, undef, $where) = split / /;
        $in_token += $where eq 'token';
        $n{$program}{$kind}++;
        $result{$result}++;
        $result eq 'FAIL' ? $failed++ : $passed++;
    }
}
printf "%-12s" . ' %7s' x @KINDS . " %7s\n", 'program', @KINDS, 'all';
for my $program (@ORDER, 'all') {
    my @counts = map { my $kind = $_; my $c = 0;
                       $c += $n{$_}{$kind} // 0 for $program eq 'all' ? @ORDER : ($program); $c } @KINDS;
    my $sum = 0;
    $sum += $_ for @counts;
    printf "%-12s" . ' %7d' x @KINDS . " %7d\n", $program, @counts, $sum;
}
printf "%d of %d faults inside the token's folder broke the token; %d points were not reached\n", $result{lost} // 0, $in_token,
    $result{late} // 0;
if ($passed + $failed != @points + $broken) {
    print "FAIL " . (@points + $broken - $passed - $failed) . " points have no result\n";
    $failed++;
}
if (($result{lost} // 0) * $LOST > $in_token + 3 * $LOST) { # three are no share, in a short run
    print "FAIL too many faults broke the token\n";
    $failed++;
}
if (($result{late} // 0) * 20 > @points) {
    print "FAIL too many points were not reached\n";
    $failed++;
}
print "$passed passed, $failed failed\n";
remove_tree($DIR) if $failed == 0;
exit($failed == 0 ? 0 : 1);
