# Run.pm - one program run and measured. What is the PIN of all tokens here, and the passphrase of all persons, is at its
# descriptor 3.
package Run;
use v5.36;
use Exporter qw(import);
use POSIX ();
our @EXPORT_OK = qw(run raw counted must slurp of);

our @front;    # before what is counted: strace, where bytes are told, too

my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my $tools = POSIX::getcwd() . "/$build/bench";
my $scratch = "$tools/run";
my $PIN = '1234';    # as in world.sh

sub slurp($path) {
    open my $f, '<', $path or return '';
    local $/;
    return <$f> // '';
}

# Run it, its output in $scratch.out and .err; the status.
sub start(@command) {
    pipe my $read, my $write or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        close $write;
        open STDOUT, '>', "$scratch.out" or POSIX::_exit(126);
        open STDERR, '>', "$scratch.err" or POSIX::_exit(126);
        fileno($read) == 3 ? fcntl($read, 2, 0) : POSIX::dup2(fileno($read), 3);    # F_SETFD: kept over exec
        exec @command or POSIX::_exit(127);
    }
    close $read;
    local $SIG{PIPE} = 'IGNORE';    # who asks for no PIN need not read it
    print $write "$PIN\n";
    close $write;
    waitpid $pid, 0;
    return $?;
}

# A program that fails to run makes figures of nothing.
sub must(@command) {
    return slurp("$scratch.out") if start(@command) == 0;
    die "bench: @command\n" . substr(slurp("$scratch.out") . slurp("$scratch.err"), -2000) . "\n";
}

# Run and measured: wall and processor time in seconds, peak of memory in KiB, what it said.
sub run(@command) {
    unlink "$scratch.times";
    my $out = must("$tools/measure", "$scratch.times", @command);
    my ($wall, $user, $system, $peak) = split ' ', slurp("$scratch.times");
    return {wall => $wall, cpu => $user + $system, peak => $peak, out => $out};
}

# The same with count.so in front, which says how often it synced and verified. Every program that writes state or checks
# signatures is measured so, so that it cannot be fast by leaving that out.
sub counted(@command) {
    unlink "$scratch.count";
    my $r = run(@front, 'env', "LD_PRELOAD=$tools/count.so", "COUNT_FILE=$scratch.count", @command);
    @$r{qw(syncs verifications)} = slurp("$scratch.count") =~ /^(\d+) (\d+)$/ or die "bench: @command was not counted\n";
    return $r;
}

# One thing of each: of('wall', @results).
sub of($what, @results) { return [map { $_->{$what} } @results] }

# The bare loop of rawsign or bound: what it says is how many a second.
sub raw($program, @arguments) {
    my ($rate) = must("$tools/$program", @arguments) =~ /^([\d.]+)$/ or die "bench: $program told no rate\n";
    return $rate;
}

1;
