# Auditing.pm - what auditors wait for: `audit verify` beside `openssl dgst` over the same bytes, and `audit replay` on one processor
# and on all.
package Auditing;
use v5.36;
use Figure;
use Run qw(run counted must of);
use World;

my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my $cores = `nproc` + 0;

# All that the auditor reads: index and lock are the appliance's own.
sub evidence($w) {
    return grep { !m{/(index\.db[^/]*|lock)$} } split /\n/, must('find', $w->state, '-type', 'f');
}

sub audit($w, $command, @front) {
    my $r = counted(@front, $w->program('audit'), $command, '--state', $w->state, '--anchors', $w->state . '/anchors');
    die "bench: audit $command checked no signature\n" unless $r->{verifications};
    return $r;
}

# The state is issued with RSA keys. openssl only hashes, and the auditor verifies each certificate's signatures, too.
sub verify_with($w, $hash, $size, $runs) {
    my $n = $size->{audit};
    my $issued = $w->issued($w->batch('netca', 'p256', $n), sessions => $cores);
    my (@ours, @theirs);
    $w->begin($issued->{kept});
    my @files = evidence($w);
    my $bytes = 0;
    $bytes += -s for @files;
    for my $i (1 .. $runs) {
        push @ours, audit($w, 'verify');
        push @theirs, run('openssl', 'dgst', "-$hash", @files);
    }
    my $text = sprintf 'audit verify, %d certificates, %.1f MB / openssl dgst -%s', $n, $bytes / 1e6, $hash;
    return Figure->new(name => "verify-$hash", text => $text, goal => $hash eq 'sm3' ? '>= 0.8' : '>= 0.5', ours => of('wall', @ours),
        theirs => of('wall', @theirs), proof => $ours[0]);
}

sub verify($w, $size, $runs) {
    my $other = $w->{other} //= World->make("$w->{dir}-sha256", 'sha256');
    return (verify_with($w, 'sm3', $size, $runs), verify_with($other, 'sha256', $size, $runs));
}

# What one core takes, by what all take.
sub cores_with($w, $command, $issued, $n, $runs) {
    my (@one, @all);
    $w->begin($issued->{kept});
    for my $i (1 .. $runs) {
        push @one, audit($w, $command, 'taskset', '-c', '0');
        push @all, audit($w, $command);
    }
    my $text = "audit $command, $n certificates: $cores processors / one";
    return Figure->new(name => "$command-cores", text => $text, ours => of('wall', @all), theirs => of('wall', @one), ($command eq 'replay' && $cores > 1 ? (goal => '>= 1.8') : ()), proof => $all[0]);
}

sub replay($w, $size, $runs) {
    my $issued = $w->issued($w->batch('netca', 'p256', $size->{audit}), sessions => $cores);
    return map { cores_with($w, $_, $issued, $size->{audit}, $runs) } qw(replay verify);
}

sub figures($class) { return ([verify => \&verify], [replay => \&replay]) }

1;
