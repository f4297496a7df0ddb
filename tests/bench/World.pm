# World.pm - the token, state, policy and batches that a figure is measured on (world.sh makes them), and a batch's way through
# them. What is measured happens in now/, a copy that is thrown away.
package World;
use v5.36;
use Run qw(run counted must);

my $build = $ENV{ROOTSEAL_BUILD} // 'build';

# In this folder; the log is chained with this hash.
sub make($class, $dir, $hash) {
    say STDERR "bench: people, policy, programs, token and keys ($hash)";
    must('bash', 'tests/bench/world.sh', 'world', $dir, $hash);
    return bless {dir => $dir, module => "$ENV{PWD}/$build/softhsm-sm2.so"}, $class;
}

sub state($w) { return "$w->{dir}/now/state" }
sub program($w, $name) { return "$w->{dir}/bin/$name" }

# now/ becomes a copy of this folder: fresh/, or what keep() kept.
sub begin($w, $from = 'fresh') {
    must('rm', '-rf', "$w->{dir}/now");
    must('cp', '-a', "$w->{dir}/$from", "$w->{dir}/now");
    $w->settle;
}

# ... or is what keep() kept, which goes on.
sub resume($w, $name) {
    must('rm', '-rf', "$w->{dir}/now");
    must('mv', "$w->{dir}/$name", "$w->{dir}/now");
    $w->settle;
}

# The token is there now.
sub settle($w) {
    my $now = "$w->{dir}/now";
    mkdir "$now/out";
    open my $f, '>', "$now/softhsm2.conf" or die "$now: $!\n";
    say $f "directories.tokendir = $now/tokens\nobjectstore.backend = file\nlog.level = ERROR";
    close $f or die "$now: $!\n";
    $ENV{SOFTHSM2_CONF} = "$now/softhsm2.conf";
}

sub keep($w, $name) {
    must('rm', '-rf', "$w->{dir}/$name");
    must('mv', "$w->{dir}/now", "$w->{dir}/$name");
}

# What begin() copied and keep() kept goes: of a long history, gigabytes.
sub clear($w) {
    must('rm', '-rf', grep { -d } "$w->{dir}/batches", glob "$w->{dir}/{now,crl,upon-*,past-*,issued-*}");
}

# N requests of this kind, approved, on a medium; made once. %o: sequence => of the RA's batches, 1; pem => as files for openssl, too
sub batch($w, $authority, $kind, $n, %o) {
    my $sequence = $o{sequence} // 1;
    my $name = "$authority-$kind-$n-$sequence";
    my $b = $w->{batches}{$name} //= do {
        say STDERR "bench: $n requests with $kind keys for $authority";
        must('bash', 'tests/bench/world.sh', 'batch', $w->{dir}, $name, $authority, $kind, $n, $sequence);
        {name => $name, n => $n, medium => "$w->{dir}/batches/$name/medium", pem => "$w->{dir}/batches/$name/pem"};
    };
    must('bash', 'tests/bench/world.sh', 'pem', $w->{dir}, $name) if $o{pem} && !-d $b->{pem};
    return $b;
}

# -- the steps; each is measured, and has to have synced what it wrote --

sub counted_step($w, $step, @command) {
    my $r = counted(@command);
    die "bench: $step synced nothing\n" unless $r->{syncs};
    return $r;
}

# What `signer plan`, crl or ocsp printed names intake and plan.
sub names($r) {
    @$r{qw(intake plan)} = map { $r->{out} =~ /^$_ +([0-9a-f]{64})$/m or die "bench: no $_\n$r->{out}"; $1 } qw(batch plan);
    return $r;
}

sub plan($w, $batch) {
    my $r = names($w->counted_step('plan', $w->program('signer'), 'plan', '--state', $w->state, '--from', $batch->{medium}));
    die "bench: plan verified $r->{verifications} signatures of $batch->{n} requests\n" if $r->{verifications} < $batch->{n};
    return $r;
}

# Two officers sign it; how the second one's was measured.
sub authorise($w, $plan) {
    my $r;
    for my $officer (qw(officer-1 officer-2)) {
        $r = run($w->program('ceremony'), 'authorise', '--state', $w->state, '--batch', $plan->{intake}, '--digest', $plan->{plan},
            '--officer', $officer, '--key-file', "$w->{dir}/policy/people/$officer.key", '--pass-fd', 3);
    }
    return $r;
}

# %o: sessions; module => instead of the world's; front => [what goes before the program]; expect => regular expression of what it must say
sub sign($w, $plan, $n, %o) {
    my $r = $w->counted_step('sign', @{$o{front} // []}, $w->program('signer'), 'sign', '--state', $w->state,
        '--batch', $plan->{intake}, '--module', $o{module} // $w->{module}, '--pin-fd', 3, '--sessions', $o{sessions});
    my $expect = $o{expect} // qr/^issued +$n$/m;
    die "bench: not all was signed\n$r->{out}" unless $r->{out} =~ $expect;
    die "bench: sign verified $r->{verifications} of $n signatures\n" if $r->{verifications} < $n;
    return $r;
}

sub export($w, $plan) {
    return $w->counted_step('export', $w->program('signer'), 'export', '--state', $w->state, '--batch', $plan->{intake},
        '--to', "$w->{dir}/now/out");
}

# A whole batch, in now/: what plan, sign and export took, and their sum.
sub round($w, $batch, %o) {
    return $w->follow($w->plan($batch), $batch->{n}, %o);
}

# The rest of the way of what is planned.
sub follow($w, $plan, $n, %o) {
    my $authorise = $w->authorise($plan);
    my $sign = $w->sign($plan, $n, %o);
    my $export = $w->export($plan);
    my %sum = (wall => 0, syncs => 0, verifications => 0);
    for my $r ($plan, $sign, $export) { $sum{$_} += $r->{$_} for keys %sum }
    return {plan => $plan, authorise => $authorise, sign => $sign, export => $export, all => \%sum};
}

# A state in which this batch was issued and exported, kept under the batch's name; made once. What its round came to.
sub issued($w, $batch, %o) {
    my $name = "issued-$batch->{name}";
    return $w->{issued}{$name} //= do {
        $w->begin;
        my $round = $w->round($batch, %o);
        my ($bundle) = glob "$w->{dir}/now/out/*";
        $w->keep($name);
        +{%$round, kept => $name, bundle => $bundle =~ s{/now/}{/$name/}r};
    };
}

1;
