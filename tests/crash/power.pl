#!/usr/bin/perl
# power.pl [--states N] [--only WORD] - power cuts: what the programs wrote is recorded (trace.c), and played again up to each
# entry of the recording, with each change that was not yet synced kept, dropped, or torn (Disk.pm). From each state the same
# command goes on, and must end as if nothing had been; what was said or shown before the cut must be there in every state.
#
# For each cut, the changes that are pending: all ways of keeping, dropping and tearing them up to ten, 64 samples from a
# fixed seed beyond. The indexes are caches, and their changes are many: at each cut all of its pending changes, none of them,
# and samples are tried with none of the others, and each new state of the others has one of these beside it, in turn.
# Equal states are checked once. Of those that differ in nothing but the index and files that have no name of their own yet
# (*.tmp), one is recovered in full; from the others signer status opens log and index, and its counts must be the log's; as
# many as there is room for are recovered, too. --states N looks at some of the cuts only, two ways at each. --only takes the
# recordings whose name holds the word.
#
# At the end, a disk that lies: every fsync of the log said that it was done, and was not. A cut then shortens a log whose
# head the token knows, and the run must stop with E_LOG_ROLLED_BACK.
#
# Ends `N passed, N failed`; what failed is kept below BUILD/test/crash/power/failed.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Disk;
use Scene;
use POSIX ();
use Digest::SHA qw(sha256_hex);
use File::Path qw(remove_tree);
use Getopt::Long;
$| = 1;
srand 20380119;

chdir "$FindBin::Bin/../.." or die "$!\n";
my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my $DIR = POSIX::getcwd() . "/$build/test/crash/power";
my ($STATES, $ONLY) = (0, '');
GetOptions('states=i' => \$STATES, 'only=s' => \$ONLY) or exit 2;
my $JOBS = $ENV{JOBS} // (`nproc` + 0);
my $FULL = 1500;        # so many states are recovered in full, if that many are distinct
my $ALL_WAYS = 10;      # so many pending changes are tried in all ways
my $SAMPLES = 64;       # so many ways of more than these

# -- what is recorded --

# [scene, step ...]. A step [step, PATTERN] is killed when it is about to sync what the last call that matches has done: so
# it was done, and nothing says that it is certain.
my %SCENARIOS = (
    init => ['init', 'init'],
    keygen => ['keygen', 'keygen'],
    root => ['root', 'root'],
    plan => ['plan', 'plan'],
    sign => ['sign', 'sign', 'export'],
    recover => ['recover', 'run'],
    import => ['import', 'import'],
    'plan-killed' => ['plan', ['plan', 'rename.*/plan\.jsonl'], 'plan'],
    'authorise-killed' => ['authorise', ['authorise-officer-2', 'rename.*/authorise-'], 'sign'],
    'authorise-twice' => ['authorise', ['authorise-officer-2', 'rename.*/authorise-'], 'authorise-officer-2', 'sign'],
    'sign-killed' => ['sign', ['sign', 'rename.*/bundle\.tmp'], 'sign', 'export'],
    'export-killed' => ['export', ['export', 'rename.*/out/'], 'export'],
    'import-killed' => ['import', ['import', 'rename.*/import\.json'], 'import'],
    order => ['order', 'order'],
    'order-sign' => ['order-sign', 'sign', 'export'],
    'order-sign-killed' => ['order-sign', ['sign', 'rename.*\.ocsp'], 'sign', 'export'],
    'order-tree' => ['order-tree', 'tree'],
);
my @ORDER = grep { index($_, $ONLY) >= 0 } sort keys %SCENARIOS;
my %CEREMONY = map { ($_, 1) } qw(init keygen root);
# Codes that say of a repeated step that it was done before, and what goes on then.
my %DONE = (init => {E_STATE_EXISTS => undef}, keygen => {E_KEY_EXISTS => 'adopt'}, tree => {E_FOLDER_OCCUPIED => 'tree-anew'},
            'authorise-officer-1' => {E_OFFICER_TWICE => undef, E_PLAN_STALE => undef},
            'authorise-officer-2' => {E_OFFICER_TWICE => undef, E_PLAN_STALE => undef});

sub is_done {
    my ($s, $r) = @_;
    return 1 if $r->{status} == 0;
    # An authorisation that nobody was told of may be gone, as long as the log does not build upon it.
    if ($r->{step} eq 'sign' && ($r->{code} // '') eq 'E_QUORUM' && ($s->log_types->{plan} // 0) < $s->{lines}{plan}) {
        return $s->run('authorise-officer-2')->{status} == 0 && $s->run('sign')->{status} == 0;
    }
    my $codes = $DONE{$r->{step}} // {};
    return 0 if !exists $codes->{$r->{code} // ''};
    my $other = $codes->{$r->{code}};
    return !defined $other || $s->run($other)->{status} == 0;
}

# The number, among the calls at which a process can be killed, of the sync after the last one that matches.
sub sync_after {
    my ($list, $pattern) = @_;
    my ($k, $n, $wanted) = (0, 0, 0);
    for (split /\n/, $list) {
        next if !/^k/;
        $k++;
        $wanted = 1 if /$pattern/;
        if ($wanted && / (fsync|fdatasync) /) { $n = $k; $wanted = 0 }
    }
    return $n;
}

sub record {
    my ($s, $name) = @_;
    my ($scene, @steps) = @{$SCENARIOS{$name}};
    $s->begin($scene);
    my $disk = Disk->new($s->{work});
    @$disk{qw(name scene)} = ($name, $scene);
    for my $i (0 .. $#steps) {
        my ($step, $pattern) = ref $steps[$i] ? @{$steps[$i]} : ($steps[$i]);
        my @inject;
        if (defined $pattern) {
            system('cp', '-a', $s->{work}, "$s->{at}/aside") == 0 or die "cp\n";
            my $r = $s->run($step, [$s->{TRACE}, '--under', $s->{work}, '--list', "$s->{at}/list", '--']);
            my $n = sync_after(Scene::slurp("$s->{at}/list"), $pattern);
            die "$name: there is no sync after $pattern\n" if $r->{status} != 0 || $n == 0;
            remove_tree($s->{work});
            rename "$s->{at}/aside", $s->{work} or die "$!\n";
            unlink "$s->{at}/hit";
            @inject = ('--inject', "kill:$n", '--hit', "$s->{at}/hit");
        }
        my $r = $s->run($step, [$s->{TRACE}, '--under', $s->{work}, '--record', "$s->{at}/record", @inject, '--']);
        my $killed = defined $pattern && -s "$s->{at}/hit"; # the program, or the process of one of its steps
        die "$name: " . Scene::why($r) . "\n" if !$killed && !is_done($s, $r);
        $disk->play("$s->{at}/record", $i);
    }
    $disk->{final} = $steps[-1];
    $disk->{todo} = [map { ref $_ ? $_->[0] : $_ } @steps];
    return $disk;
}

# -- the states --

sub is_index { return $_[0][1]{path} =~ m{/(?:index|signing)\.db[^/]*$} }
my $INDEX = qr/^(?:index|signing)\.db/;
my $UNNAMED = qr/$INDEX|\.tmp$/;

# All ways of these changes, each a list of those that are kept, when they are few; $samples of them, by chance, when not.
sub ways {
    my ($few, $samples, @pending) = @_;
    my @options = map { my $c = $_; my @at = Disk::tears($c);
                        [undef, [$c], @at ? [$c, $at[int rand @at]] : ()] } @pending;
    if (@pending <= $few) {
        my @ways = ([]);
        for my $o (@options) {
            @ways = map { my $w = $_; map { defined $_ ? [@$w, $_] : $w } @$o } @ways;
        }
        return @ways;
    }
    my @ways = ([], [map { [$_] } @pending]);
    while (@ways < $samples) {
        # Afresh each time where it is torn.
        push @ways, [map { my @at = Disk::tears($_); my $how = int rand(@at ? 3 : 2);
                           $how == 0 ? () : $how == 1 ? [$_] : [$_, $at[int rand @at]] } @pending];
    }
    return @ways;
}

# Every distinct state after the n-th entry of a recording, into @$out; how many were looked at. %$seen are those that are
# known.
sub enumerate {
    my ($disk, $n, $seen, $out) = @_;
    my ($base, @pending) = $disk->at_cut($n);
    my @index = grep { is_index($_) } @pending;
    my @other = grep { !is_index($_) } @pending;
    my @of_index = @index ? ways(0, $STATES ? 2 : 4, @index) : ([]);
    my @shown = grep { $_->{at} < $n } @{$disk->{shown}};
    my ($looked, %known) = (0);
    for my $way ($STATES ? ways(1, 2, @other) : ways($ALL_WAYS, $SAMPLES, @other)) {
        my $new = !$seen->{'but for the index ' . $disk->digest($disk->state($base, @$way), \%known, $INDEX) . @shown}++;
        my @beside = $looked == 0 ? @of_index : $new ? $of_index[$seen->{turn}++ % @of_index] : ();
        $looked++ if !@beside;
        for my $kept (map { [@$way, @$_] } @beside) {
            $looked++;
            my $state = $disk->state($base, @$kept);
            next if $seen->{$disk->digest($state, \%known) . @shown}++;
            my $full = !$seen->{'but for what has no name ' . $disk->digest($state, \%known, $UNNAMED) . @shown}++;
            my $step = $n < $disk->{n} ? $disk->{steps}[$n] : @{$disk->{todo}} - 1;
            push @$out, {disk => $disk, cut => $n, kept => $kept, step => $step, shown => \@shown, full => $full};
        }
    }
    return $looked;
}

# The disk that is left.
sub disk_after {
    my ($x) = @_;
    my ($base) = $x->{lie} ? () : $x->{disk}->at_cut($x->{cut});
    return $x->{disk}->state($base, @{$x->{kept}});
}

# -- one state --

# What was said before the cut must be there. '' or what is not.
sub shown_is_there {
    my ($s, $disk, @shown) = @_;
    for my $shown (@shown) {
        my $text = $shown->{text};
        my $step = $disk->{todo}[$shown->{step}];
        my ($intake) = $text =~ /^batch +([0-9a-f]{64})$/m;
        my $archive = "$s->{work}/state/archive/" . ($intake // $s->{INTAKE});
        if ($step =~ /^(plan|order)$/ && $text =~ /^plan +([0-9a-f]{64})$/m) {
            return 'a plan that was shown is gone' if Scene::root_of("$archive/plan.jsonl") ne $1;
        } elsif ($step =~ /^(sign|run)$/ && $text =~ /^log +(\d+) lines$/m) {
            return 'log lines that were reported are gone' if @{$s->log_lines} < $1;
            my ($head) = $text =~ /^head +([0-9a-f]{64})$/m;
            $s->{heads}{$head} = 1;
        } elsif ($step =~ /^authorise/ && $text =~ /^(\d) officers have authorised/m) {
            return 'an authorisation that was reported is gone' if (() = glob "$archive/authorise-*.p7s") < $1;
        } elsif ($step eq 'root') {
            for ($text =~ m{^anchor +anchors/(\S+)$}mg) {
                return "the anchor $_ that was shown is gone" if !-s "$s->{work}/state/anchors/$_";
            }
        } elsif ($step eq 'keygen') {
            my $log = join "\n", @{$s->log_lines};
            for ($text =~ /^made +(\S+)/mg) {
                return "the key $_ that was shown is not in the log" if $log !~ /"type":"keygen".*"key":"\Q$_\E"/;
            }
        } elsif ($step =~ /^(import|tree)$/ && $text =~ /^folder/m) {
            my $wrong = $s->taken;
            return "that was told, and $wrong" if $wrong;
        }
        return 'a bundle that was reported is gone' if $text =~ m{^bundle +\S+/out/(\S+)$}m && !-d "$s->{work}/out/$1";
    }
    return '';
}

# A bundle that can be seen on the medium is whole: the RA takes it as it is.
sub bundle_is_whole {
    my ($s) = @_;
    my @begun = glob "$s->{work}/imported*";
    return '' if !defined $s->bundle || @begun;
    my $r = $s->run($s->{take});
    remove_tree("$s->{work}/imported");
    return $r->{status} == 0 ? '' : 'a bundle on the medium is not whole: ' . Scene::why($r);
}

# The index is never believed: whatever of it is there, status counts what the log has.
sub index_agrees {
    my ($s) = @_;
    my $r = $s->run('status');
    return Scene::why($r) if $r->{status} != 0;
    my ($issued) = $r->{out} =~ /"issued":(\d+)/;
    my ($lines) = $r->{out} =~ /"lines":(\d+)/;
    my $n = $s->log_types->{issued} // 0;
    return "status says $issued issued and $lines lines, the log has $n and " . @{$s->log_lines}
        if $issued != $n || $lines != @{$s->log_lines};
    return '';
}

sub recover {
    my ($s, $x) = @_;
    my $disk = $x->{disk};
    my $ceremony = $CEREMONY{$disk->{name}};
    local $s->{own_anchors} = $ceremony;
    $s->{heads} = {};
    $s->choose($disk->{scene});
    remove_tree($s->{work});
    $disk->write(disk_after($x), $s->{work}, $x->{full} ? undef : qr/^tokens$/);
    my $wrong = shown_is_there($s, $disk, @{$x->{shown}});
    $wrong ||= $s->visible if !$ceremony;
    $wrong ||= bundle_is_whole($s) if !$ceremony && $x->{full};
    $wrong ||= index_agrees($s) if !($x->{full} && $x->{number} % 2) && -e "$s->{work}/state/audit.jsonl";
    return $wrong if $wrong || !$x->{full};
    my @todo = @{$disk->{todo}};
    for my $step (@todo[$x->{step} .. $#todo]) {
        my $r = $s->run($step);
        return 'again, ' . Scene::why($r) if !is_done($s, $r);
        $wrong = $s->follow($r) if $step =~ /^(plan|order)$/;
        return $wrong if $wrong;
    }
    return finish($s, $disk->{name});
}

# The rest of the way, and what must be true at its end.
sub finish {
    my ($s, $name) = @_;
    return $s->taken if $name =~ /^(import|order-tree)/;
    my @steps = $name eq 'init' ? () : $name eq 'keygen' ? ('root', 'audit') : $name eq 'root' ? ('audit') : @{$s->{rest}};
    unshift @steps, 'authorise-officer-1', 'authorise-officer-2' if $name =~ /^(plan|order$)/;
    for my $step (@steps) {
        my $r = $s->run($step);
        return Scene::why($r) if !is_done($s, $r);
    }
    if ($name eq 'init') {
        my $r = $s->run('root');
        return ($r->{code} // '') eq 'E_KEY_MISSING' ? '' : 'a new log: ' . Scene::why($r);
    }
    return '' if $CEREMONY{$name};
    my $wrong = $s->complete;
    return $wrong if $wrong;
    my $log = join "\n", @{$s->log_lines}, $s->run('status')->{out};
    for my $head (keys %{$s->{heads}}) {
        return 'a head that was shown is not in the log' if $log !~ /"(?:prev|head)":"$head"/;
    }
    return '';
}

# -- a disk that lies --

# The recording of sign, at its end: the token knows the head, and of the writes to the log that were "synced" the last ones
# are not there.
sub lies {
    my ($disk) = @_;
    my @changes = @{$disk->{changes}};
    my @log = grep { $changes[$_][1]{path} eq 'state/audit.jsonl' } 0 .. $#changes;
    my @out;
    for my $from (0 .. $#log) {
        for my $torn (undef, Disk::tears($changes[$log[$from]])) {
            my %dropped = map { ($_, 1) } @log[$from .. $#log];
            push @out, {disk => $disk, lie => 1, kept => [
                (map { [$changes[$_]] } grep { !$dropped{$_} } 0 .. $#changes),
                defined $torn ? [$changes[$log[$from]], $torn] : ()]};
        }
    }
    return @out;
}

sub find_out {
    my ($s, $x) = @_;
    $s->choose($x->{disk}{scene});
    for my $step ('sign', 'run') {
        remove_tree($s->{work});
        $x->{disk}->write(disk_after($x), $s->{work});
        my $r = $s->run($step);
        return "a log that was cut is taken: " . Scene::why($r) if ($r->{code} // '') ne 'E_LOG_ROLLED_BACK';
    }
    return '';
}

# -- workers --

sub work {
    my ($worker, @states) = @_;
    my $s = Scene->new($DIR, "worker-$worker");
    open my $report, '>', "$DIR/report-$worker" or die "$DIR/report-$worker: $!\n";
    for my $x (@states) {
        my $wrong = eval { $x->{lie} ? find_out($s, $x) : recover($s, $x) } // "the sweep itself: $@";
        $wrong =~ s/\s+/ /g;
        my $name = $x->{disk}{name};
        print $report ($wrong eq '' ? 'ok' : 'FAIL') . " $name\n";
        next if $wrong eq '';
        print "FAIL $name, cut at $x->{cut}, state $x->{number}: $wrong\n";
        remove_tree("$s->{at}/failed");
        mkdir "$DIR/failed/$name-$x->{number}";
        $x->{disk}->write(disk_after($x), "$DIR/failed/$name-$x->{number}/before");
        system('cp', '-a', $s->{work}, "$DIR/failed/$name-$x->{number}/after");
    }
    close $report or die "$!\n";
    remove_tree($s->{at});
}

remove_tree($DIR);
system('tests/crash/scene.sh', $DIR) == 0 or die "the scenes could not be made\n";
mkdir "$DIR/failed";
my $s = Scene->new($DIR, 'recording');
my @disks = map { record($s, $_) } @ORDER;
remove_tree($s->{at});

# All cuts; or, when a few states are enough, some of them.
my (@states, %looked, %distinct);
my ($looked, $cuts) = (0, 0);
$cuts += $_->cuts for @disks;
my $stride = $STATES && $STATES < $cuts ? int(3 * $cuts / $STATES) : 1;
for my $disk (@disks) {
    my (@of_disk, %seen);
    my @cuts = $disk->cuts;
    $looked{$disk->{name}} = 0;
    $looked{$disk->{name}} += enumerate($disk, $cuts[$_ * $stride], \%seen, \@of_disk) for 0 .. $#cuts / $stride;
    $distinct{$disk->{name}} = @of_disk;
    $looked += $looked{$disk->{name}};
    push @states, @of_disk;
}
my @lies = map { lies($_) } grep { $_->{name} eq 'sign' } @disks;
push @states, @lies;
$states[$_]{number} = $_ for 0 .. $#states;
$_->{cut} //= 'the end, by a disk that lies' for @states;
# With room left, more are recovered in full: evenly over all.
my @quick = grep { !$_->{full} && !$_->{lie} } @states;
my $room = $FULL - grep { $_->{full} } @states;
if ($room > 0 && @quick) { $quick[int($_ * @quick / $room)]{full} = 1 for 0 .. ($room < @quick ? $room : @quick) - 1 }
printf "%d are recovered in full; ", scalar grep { $_->{full} } @states;
printf "%d states after %d cuts, %d of them distinct; %d states of a disk that lies\n", $looked,
    $cuts / $stride, @states - @lies, scalar @lies;
my @workers = map {
    my $worker = $_;
    my $pid = fork() // die "fork: $!\n";
    if ($pid == 0) {
        work($worker, map { $states[$_] } grep { $_ % $JOBS == $worker } 0 .. $#states);
        POSIX::_exit(0);
    }
    $pid;
} 0 .. $JOBS - 1;
my $broken = grep { waitpid($_, 0); $? != 0 } @workers;

my ($passed, $failed, %failed) = (0, $broken);
for my $worker (0 .. $JOBS - 1) {
    for (split /\n/, Scene::slurp("$DIR/report-$worker")) {
        my ($result, $name) = split / /;
        $result eq 'ok' ? $passed++ : $failed++;
        $failed{$name}++ if $result ne 'ok';
    }
}
printf "%-18s %8s %8s %8s\n", 'recording', 'states', 'distinct', 'failed';
printf "%-18s %8d %8d %8d\n", $_, $looked{$_}, $distinct{$_}, $failed{$_} // 0 for @ORDER;
my $recovered = $passed + $failed - $broken;
printf "%d states looked at, %d distinct, %d recovered in full, of %d a disk lied\n", $looked, @states - @lies,
    scalar(grep { $_->{full} } @states), scalar @lies;
if ($recovered != @states) {
    print "FAIL not every state has a result\n";
    $failed++;
}
print "$passed passed, $failed failed\n";
remove_tree($DIR) if $failed == 0;
exit($failed == 0 ? 0 : 1);
