# Memory.pm - the most memory that each program takes for a large batch: what the kernel calls its largest resident set. One run of
# each, for memory does not depend on what else the machine does.
package Memory;
use v5.36;
use Figure;
use Run qw(run must);

my $cores = `nproc` + 0;
my $MOST = 64;    # MiB

sub memory($w, $size, $runs) {
    my ($n, @took) = $size->{many};
    my $batch = $w->batch('cwca', 'p256', $n);
    my $issued = $w->issued($batch, sessions => $cores);
    push @took, ["signer $_" => $issued->{$_}] for qw(plan sign export);
    push @took, ['ceremony authorise' => $issued->{authorise}];
    $w->begin($issued->{kept});
    my ($state, $anchors, $now) = ($w->state, $w->state . '/anchors', "$w->{dir}/now");
    my $program = sub ($name, $command, @arguments) {
        push @took, ["$name $command" => run($w->program($name), $command, @arguments)];
    };
    $program->('audit', $_, '--state', $state, '--anchors', $anchors) for qw(verify replay status report);
    $program->('signer', 'status', '--state', $state);
    $program->('ra', 'check', '--dir', $batch->{medium});
    $program->('ra', 'import', '--bundle', $issued->{bundle}, '--batch', $batch->{medium}, '--anchors', $anchors,
        '--out', "$now/imported", '--db', "$now/ra.db");
    return map { my ($name, $r) = @$_;
                 Figure->new(name => 'memory-' . $name =~ tr/ /-/r, text => "memory for a batch of $n: $name", unit => 'MiB',
                     ours => [$r->{peak} / 1024], goal => "<= $MOST") } @took;
}

sub figures($class) { return ([memory => \&memory]) }

1;
