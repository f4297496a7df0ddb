# Scale.pm - what years of history cost, and what is written for each certificate.
package Scale;
use v5.36;
use Figure;
use Run qw(run must slurp of);

my $cores = `nproc` + 0;
my $TIMES = 4;    # exponents are fitted over this factor

# A state with a past that tests/bench/history.c makes: plans in the archive, lines in the log, a seal for each batch.
sub past($w, $n) {
    return $w->{past}{$n} //= do {
        say STDERR "bench: a past of $n certificates";
        $w->begin;
        my $r = run($w->program('history'), $w->state, $w->{module}, 'netca', $n);
        $w->keep("past-$n");
        +{kept => "past-$n", made => $r};
    };
}

# The next batch upon a state that goes on from run to run, and what `signer status` takes before it.
sub next_batch($w, $scene, $run) {
    $run == 1 ? $w->begin($scene->{from}) : $w->resume("upon-$scene->{name}");
    push @{$scene->{status}}, run($w->program('signer'), 'status', '--state', $w->state);
    my $round = $w->round($w->batch('netca', 'p256', $scene->{n}, sequence => $run), sessions => $cores);
    push @{$scene->{$_}}, $round->{$_} for qw(plan sign export all);
    $w->keep("upon-$scene->{name}");
}

sub history($w, $size, $runs) {
    my ($n, $m) = @$size{qw(batch history)};
    for my $many ($n, $TIMES * $n) { # not while anything is measured
        $w->batch('netca', 'p256', $many, sequence => $_) for 1 .. $runs + 1;
    }
    my $past = past($w, $m);
    my @scenes = my ($long, $none, $less, $more) = (
        {name => 'long', n => $n, from => $past->{kept}},
        {name => 'none', n => $n, from => 'fresh'},
        {name => 'less', n => $n, from => past($w, int($m / $TIMES) || 1)->{kept}},
        {name => 'more', n => $TIMES * $n, from => 'fresh'},
    );
    for my $run (1 .. $runs + 1) { next_batch($w, $_, $run) for @scenes }
    for my $scene (@scenes) { # the first time the index of signing is made, from all of the history
        shift @{$scene->{$_}} for qw(status plan sign export all);
    }
    my $pair = sub ($step, $what = 'wall') { (ours => of($what, @{$long->{$step}}), theirs => of($what, @{$none->{$step}})) };
    my $power = sub ($small, $large) {
        return [map { Figure::exponent($small->{all}[$_]{wall}, $large->{all}[$_]{wall}, $TIMES) } 0 .. $runs - 1];
    };
    my $note = sprintf 'the past was made in %.0f s by tests/bench/history.c: no requests, no approvals, one signature for all',
        $past->{made}{wall};
    return (
        Figure->new(name => 'history-all', text => "a batch of $n on $m certificates / on none", $pair->('all'), goal => '<= 1.10',
            proof => $long->{all}[0], note => [$note]),
        (map { Figure->new(name => "history-$_", text => "its $_", $pair->($_), goal => '<= 1.10') } qw(plan sign export)),
        (map { Figure->new(name => "history-memory-$_", text => "memory of $_", unit => 'KiB', $pair->($_, 'peak'), goal => '<= 1.10') }
            qw(plan sign export)),
        Figure->new(name => 'history-start', text => 'signer status on it', ours => of('wall', @{$long->{status}}), goal => '<= 0.5'),
        Figure->new(name => 'exponent-history', text => 'the time grows with the history m as m to the', unit => '',
            ours => $power->($less, $long)),
        Figure->new(name => 'exponent-batch', text => 'and on none with the batch n as n to the', unit => '',
            ours => $power->($none, $more)),
    );
}

# -- bytes written --

# Whose bytes they are, and why they are written.
my @PARTS = (
    ['audit log', qr{/state/audit\.jsonl}, 'the truth: one line a certificate, with its digest and its signature'],
    ['index', qr{/state/index\.db}, 'the cache: serial, key, subject and standing, written as a journal and again in place'],
    ['plan', qr{/state/archive/[^/]+/plan}, 'the exact bytes to be signed, and the decision with its clause'],
    ['batch', qr{/state/archive/[^/]+/[^/]+$}, 'the batch, its approvals and authorisations, as they came'],
    ['bundle', qr{/state/archive/}, 'the answers, certificates and log lines for the RA'],
    ['rest of the state', qr{/state/}, 'anchors, lock'],
    ['medium', qr{/out/}, 'the bundle once more'],
    ['token', qr{/tokens/}, 'SoftHSM keeps the head of the log'],
);

# What strace saw written to files, by their names. A call that another one interrupted stands in two lines.
sub written($trace) {
    my (%bytes, %waits);
    for (split /\n/, $trace) {
        next unless /^(\d+) +(.*)$/;
        my ($pid, $call) = ($1, $2);
        if ($call =~ /^\w+\(\d+<([^>]+)>.*<unfinished/) { $waits{$pid} = $1 }
        elsif ($call =~ /^<\.\.\. \w+ resumed>.* = (\d+)/) { $bytes{delete $waits{$pid} // ''} += $1 }
        elsif ($call =~ /^\w+\(\d+<([^>]+)>.* = (\d+)/) { $bytes{$1} += $2 }
    }
    return \%bytes;
}

sub writes($w, $size, $runs) {
    my $n = $size->{batch};
    my $trace = "$w->{dir}/writes.trace";
    my @strace = ('strace', '-f', '-qq', '-y', '-s', '0', '-A', '-o', $trace, '-e', 'trace=write,pwrite64,writev,pwritev');
    unlink $trace;
    $w->begin;
    my $batch = $w->batch('netca', 'p256', $n);
    my $round = do {
        local @Run::front = @strace;
        $w->round($batch, sessions => $cores);
    };
    my ($bytes, %part) = written(slurp($trace));
    for my $path (keys %$bytes) {
        my ($p) = grep { $path =~ $_->[1] } @PARTS;
        $part{$p->[0]} += $bytes->{$path} if $p;
    }
    my @written = map {
        my ($name, undef, $why) = @$_;
        Figure->new(name => 'written-' . $name =~ tr/ /-/r, text => "bytes written a certificate, of $n: $name", unit => 'B',
            ours => [($part{$name} // 0) / $n], note => [$why])
    } @PARTS;
    return (@written, Figure->new(name => 'syncs', text => 'syncs a thousand certificates: plan, sign and export', unit => '',
        ours => [1000 * $round->{all}{syncs} / $n], proof => $round->{all}));
}

sub figures($class) { return ([history => \&history], [writes => \&writes]) }

1;
