# Scene.pm - what the crash sweep and the power-cut sweep share: the scenes that scene.sh made, the programs that run in
# them, and what must be true of what they leave behind.
#
# A worker has a folder of its own with the scene in `work`: the token's configuration names a path, so that path stays. It
# is in memory where the system has /dev/shm, since tens of thousands of fsyncs would take most of the time: what they are
# for is played in check-power, and needs no disk.
package Scene;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Fcntl qw(F_DUPFD);
use File::Path qw(remove_tree);
use POSIX ();

my $TIMEOUT = 120;    # seconds for one program; a hang is a failure
my $ASKED = 20;       # so often a ceremony may ask for a PIN or passphrase

# What scene.sh makes: a batch of an RA, and an order of OCSP responses after it. How each is answered, the steps that go on
# with it, what takes its bundle home, and the lines that the log has then.
my %SAMPLES = (
    batch => {answers => 'r-1 issued r-2 refused r-3 issued v-1 revoked v-2 held #6 crl of 2', rest => ['run'], take => 'import',
              lines => {batch => 2, plan => 2, issued => 4, refused => 1, revoked => 2, crl => 1, bundle => 2}},
    order => {answers => 'ocsp-1 ocsp of 4', rest => ['sign', 'export'], take => 'tree',
              lines => {batch => 3, plan => 3, issued => 4, refused => 1, revoked => 2, crl => 1, ocsp => 1, bundle => 3}},
);

sub new {
    my ($class, $dir, $worker) = @_;
    my $at = -w '/dev/shm' ? '/dev/shm/rootseal-' . substr(sha256_hex($dir), 0, 12) . "-$worker" : "$dir/$worker";
    my $s = bless {dir => $dir, at => $at, work => "$at/work", %{settings($dir)}}, $class;
    remove_tree($at);
    mkdir $s->{at} or die "$s->{at}: $!\n";
    my $conf = slurp($s->{CONF});
    $conf =~ s/^directories\.tokendir = .*/directories.tokendir = $s->{work}\/tokens/m;
    spew("$s->{at}/softhsm2.conf", $conf);
    return $s;
}

sub settings {
    my ($dir) = @_;
    return {map { /^([\w.]+)=(.*)$/ ? ($1, $2) : () } split /\n/, slurp("$dir/settings")};
}

sub slurp {
    my ($path) = @_;
    open my $f, '<:raw', $path or return '';
    local $/;
    my $bytes = <$f>;
    return defined $bytes ? $bytes : '';
}

# The digest of a plan.
sub root_of {
    my ($path) = @_;
    open my $f, '-|', "$FindBin::Bin/../root.pl", $path or die "root.pl: $!\n";
    my $root = <$f> // '';
    chomp $root;
    return $root;
}

sub spew {
    my ($path, $bytes) = @_;
    open my $f, '>:raw', $path or die "$path: $!\n";
    print $f $bytes and close $f or die "$path: $!\n";
}

# The sample that the scene of this name is of, from here on.
sub choose {
    my ($s, $name) = @_;
    my $sample = $name =~ /^order/ ? 'order' : 'batch';
    @$s{qw(answers rest take lines)} = @{$SAMPLES{$sample}}{qw(answers rest take lines)};
    @$s{qw(INTAKE PLAN)} = @$s{"$sample.INTAKE", "$sample.PLAN"};
    $s->{reference} = "$s->{dir}/scenes/" . ($sample eq 'order' ? 'order-tree' : 'import') . '-reference';
}

# Make `work` the scene of this name.
sub begin {
    my ($s, $name) = @_;
    $s->choose($name);
    remove_tree($s->{work});
    system('cp', '-a', "$s->{dir}/scenes/$name", $s->{work}) == 0 or die "copying scenes/$name\n";
}

# -- the programs --

# The command line of a step, and what it reads from descriptors 3 and 4: a secret, or as many as it may ask for.
sub command {
    my ($s, $step) = @_;
    my ($state, $work) = ("$s->{work}/state", $s->{work});
    my @token = ('--state', $state, '--module', $s->{MODULE}, '--pin-fd', 3);
    my @batch = ('--state', $state, '--batch', $s->{INTAKE});
    my %steps = (
        init => ['ceremony', 'init', @token],
        keygen => ['ceremony', 'keygen', @token],
        adopt => ['ceremony', 'keygen', '--adopt', @token],
        root => ['ceremony', 'root', @token],
        plan => ['signer', 'plan', '--state', $state, '--from', "$work/in"],
        sign => ['signer', 'sign', @token, '--batch', $s->{INTAKE}],
        export => ['signer', 'export', @batch, '--to', "$work/out"],
        order => ['signer', 'ocsp', '--state', $state, '--authority', 'sxca'],
        run => ['signer', 'run', @token, '--from', "$work/in", '--to', "$work/out"],
        status => ['signer', 'status', '--state', $state, '--json'],
        audit => ['audit', 'verify', '--state', $state],
        keys => ['ceremony', 'keys', @token],
        ceremony => ['ceremony', 'run', @token, '--pass-fd', 4, "$s->{dir}/sweep.yaml"],
        minutes => ['ceremony', 'minutes', '--state', $state, '--ceremony', 'sweep'],
        import => ['ra', 'import', '--bundle', $s->bundle // "$work/out/none", '--batch', "$work/in", '--anchors',
                   $s->{ANCHORS}, '--out', "$work/imported"],
        map { ($_ => ['ra', 'ocsp-tree', '--bundle', $s->bundle // "$work/out/none", '--anchors', $s->{ANCHORS}, '--to',
                      $_ eq 'tree' ? "$work/imported" : "$work/imported-anew"]) } ('tree', 'tree-anew'),
    );
    for my $officer ('officer-1', 'officer-2') {
        $steps{"authorise-$officer"} = ['ceremony', 'authorise', @batch, '--digest', $s->{PLAN}, '--officer', $officer,
                                        '--key-file', "$s->{PEOPLE}/$officer.key", '--pass-fd', 3];
    }
    my @argv = @{$steps{$step} // die "there is no step $step\n"};
    push @argv, '--anchors', $s->{ANCHORS} if $step eq 'audit' && !$s->{own_anchors};
    push @argv, '--anchors', "$state/anchors" if $step eq 'audit' && $s->{own_anchors} && -d "$state/anchors";
    $argv[0] = "$s->{BIN}/$argv[0]";
    return (\@argv, "$s->{PIN}\n" x $ASKED, "$s->{PASS}\n" x $ASKED) if $step eq 'ceremony';
    return (\@argv, ($step =~ /^authorise/ ? $s->{PASS} : $s->{PIN}) . "\n");
}

# Run a step, after the words of @$wrap. The result has status (128 and the signal when it was killed), out, err and, when
# it failed and said why as it should, code.
sub run {
    my ($s, $step, $wrap) = @_;
    my ($argv, @secrets) = $s->command($step);
    my @words = @{$wrap // []};
    my @settings = ("SOFTHSM2_CONF=$s->{at}/softhsm2.conf");
    push @settings, "LD_PRELOAD=$s->{PRELOAD}" if $s->{PRELOAD} ne '';
    push @settings, 'ASAN_OPTIONS=detect_leaks=0' if $s->{PRELOAD} ne '' && @words;
    # Who is present tries a step that failed once more, and then stops.
    unshift @words, 'tests/room/actor.pl', "$s->{dir}/cast", '--again', 1, '--' if $step eq 'ceremony';
    my $status = spawn([@words, 'env', @settings, @$argv], \@secrets, "$s->{at}/out", "$s->{at}/err");
    my %r = (step => $step, status => $status, out => slurp("$s->{at}/out"), err => slurp("$s->{at}/err"));
    ($r{code}) = $r{err} =~ /^(?:signer|ceremony|audit|ra): (E_[A-Z0-9_]+): /m if $status >= 1 && $status <= 5;
    return \%r;
}

# The program, with a pipe that holds each secret at descriptors 3 and on, and nothing else open.
sub spawn {
    my ($argv, $secrets, $out, $err) = @_;
    my @pipes = map { pipe(my $read, my $write) or die "pipe: $!\n"; [$read, $write] } @$secrets;
    my $pid = fork() // die "fork: $!\n";
    if ($pid == 0) {
        POSIX::setpgid(0, 0);
        open STDIN, '<', '/dev/null' and open STDOUT, '>', $out and open STDERR, '>', $err or POSIX::_exit(127);
        my @aside = map { fcntl($_->[0], F_DUPFD, 20) // POSIX::_exit(127) } @pipes;
        POSIX::dup2($aside[$_], 3 + $_) for 0 .. $#aside;
        POSIX::close($_) for 3 + @aside .. 20 + @aside;
        exec {$argv->[0]} @$argv or POSIX::_exit(127);
    }
    local $SIG{PIPE} = 'IGNORE';
    for my $i (0 .. $#pipes) {
        my ($read, $write) = @{$pipes[$i]};
        close $read;
        syswrite $write, $secrets->[$i];
        close $write;
    }
    my $timed_out = 0;
    local $SIG{ALRM} = sub { $timed_out = 1; kill 'KILL', -$pid };
    alarm $TIMEOUT;
    1 while waitpid($pid, 0) < 0 && $!{EINTR};
    my $status = $?;
    alarm 0;
    return $timed_out ? 126 : $status & 127 ? 128 + ($status & 127) : $status >> 8;
}

# How a failure reads in a report.
sub why {
    my ($r) = @_;
    my ($line) = split /\n/, $r->{err};
    return "$r->{step} ended with $r->{status}: " . ($line // 'and said nothing');
}

# A step that was disturbed must be done, or say with a code why not. '' when it is so.
sub honest {
    my ($r) = @_;
    return '' if $r->{status} == 0 || defined $r->{code};
    return why($r);
}

# -- what is there --

sub log_lines { return [split /\n/, slurp("$_[0]{work}/state/audit.jsonl")] }

sub log_types {
    my ($s) = @_;
    my %n;
    /"type":"(\w+)"/ and $n{$1}++ for @{$s->log_lines};
    return \%n;
}

# The bundle that can be seen on the medium; undef when there is none.
sub bundle {
    my ($s) = @_;
    my ($dir) = grep { -d && !/\.tmp$/ } glob "$s->{work}/out/*";
    return $dir;
}

# What can be seen must be in the log already. '' or what is not.
sub visible {
    my ($s) = @_;
    my %logged = map { /"type":"bundle".*"bundle":"([0-9a-f]{64})"/ ? ($1, 1) : () } @{$s->log_lines};
    for my $dir ("$s->{work}/state/archive/$s->{INTAKE}/bundle", $s->bundle // ()) {
        next if !-d $dir;
        return "$dir can be seen, and the log does not know it" if !$logged{sha256_hex(slurp("$dir/bundle.json"))};
        for my $line (split /\n/, slurp("$dir/log.jsonl")) {
            return "$dir has a log line that the log does not have" if !grep { $_ eq $line } @{$s->log_lines};
        }
    }
    return '';
}

# What was taken home is whole. '' or what is not.
sub taken {
    my ($s) = @_;
    my @at = grep { -d } "$s->{work}/imported", "$s->{work}/imported-anew" or return 'nothing was taken home';
    for (@at) {
        return "$_ is not whole" if system("diff -r $s->{reference} $_ >/dev/null 2>&1") != 0;
    }
    return '';
}

# The step told of another batch and plan than the scene's: go on with those. An order that is given again in another second
# is another batch; of the one before there may stay that it was taken in.
sub follow {
    my ($s, $r) = @_;
    my %lines = %{$s->{lines}};
    $lines{batch}++ if $r->{step} eq 'order' && $s->log_types->{batch} > $lines{batch};
    $s->{lines} = \%lines;
    ($s->{INTAKE}) = $r->{out} =~ /^batch +([0-9a-f]{64})$/m or return 'no batch was named';
    ($s->{PLAN}) = $r->{out} =~ /^plan +([0-9a-f]{64})$/m or return 'no plan was named';
    my $there = root_of("$s->{work}/state/archive/$s->{INTAKE}/plan.jsonl");
    return $there eq $s->{PLAN} ? '' : 'the plan in the archive is not the one that was named';
}

# A line of results.jsonl in words: whose it is, what it says, and of how many it tells.
sub answer {
    my ($line) = @_;
    my ($n, $id, $decision) = $line =~ /"n":(\d+),"id":"([^"]*)","decision":"(\w+)"/ or return $line;
    my ($of) = $line =~ /"(?:entries|responses)":(\d+)/;
    return ($id eq '' ? "#$n" : $id) . " $decision" . (defined $of ? " of $of" : '');
}

# The batch is done: answers, serials, log, bundle. '' or what is wrong. Ends with a run that may not change anything.
sub complete {
    my ($s) = @_;
    my $bundle = $s->bundle or return 'there is no bundle on the medium';
    my $wrong = $s->visible;
    return $wrong if $wrong;
    my $answers = join ' ', map { answer($_) } split /\n/, slurp("$bundle/results.jsonl");
    return "the answers are $answers" if $answers ne $s->{answers};
    my @serials = map { /"type":"issued".*"serial":"([0-9a-f]+)"/ ? $1 : () } @{$s->log_lines};
    my %serials = map { ($_, 1) } @serials;
    return 'a serial stands twice in the log' if keys %serials != @serials;
    my $n = $s->log_types;
    # The quorum's lines come before the plan's, in one write: torn between them, they stand there once more.
    return 'the log lacks the quorum' if ($n->{authorise} // 0) < 2 * $s->{lines}{plan};
    for my $type (sort keys %{$s->{lines}}) {
        my ($got, $want) = ($n->{$type} // 0, $s->{lines}{$type});
        return "the log has $got lines $type, not $want" if $got != $want;
    }
    for my $step ('audit', $s->{take}) {
        my $r = $s->run($step);
        return why($r) if $r->{status} != 0;
    }
    my @left = grep { -e } (glob("$s->{work}/out/*.tmp"), "$s->{work}/state/archive/incoming.tmp");
    return "left behind: @left" if @left;
    my $before = slurp("$s->{work}/state/audit.jsonl");
    for my $step (@{$s->{rest}}) {
        my $r = $s->run($step);
        return 'the third time, ' . why($r) if $r->{status} != 0;
    }
    return 'the third time wrote to the log' if slurp("$s->{work}/state/audit.jsonl") ne $before;
    return '';
}

# A digest over all names and contents below these folders of the scene, without the index, which is a cache.
sub digest {
    my ($s, @folders) = @_;
    my @parts;
    my @todo = map { "$s->{work}/$_" } @folders;
    while (defined(my $path = shift @todo)) {
        next if $path =~ m{/(index|signing)\.db[^/]*$}; # caches, made anew at will
        push @parts, $path . ' ' . (-d $path ? 'folder' : sha256_hex(slurp($path)));
        push @todo, sort glob "$path/*" if -d $path;
    }
    return sha256_hex(join "\n", @parts);
}

1;
