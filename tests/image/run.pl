#!/usr/bin/perl
# run.pl [WORD...]: the tests of the appliance's image, each a program in cases/ that says TAP; only those whose names
# contain one of the words. One after the other, since an emulated machine takes all that there is. What each said is
# in BUILD/image/log/NAME.tap. Ends `N passed, N failed`.
use strict;
use warnings;
use FindBin;
use POSIX ();

my $seconds = 900 * ($ENV{PATIENCE} // 1); # for one test
my $logs = ($ENV{ROOTSEAL_BUILD} // 'build') . '/image/log';
my ($passed, $failed) = (0, 0);
$| = 1;

sub end { # the test and all that it started
    my $pid = shift;
    kill 'KILL', -$pid;
    waitpid $pid, 0;
}

# One test; what it said goes on.
sub run {
    my ($path, $name) = @_;
    my ($begun, $ok, $not_ok, $plan) = (time, 0, 0, undef);
    open my $log, '>', "$logs/$name.tap" or die "$logs/$name.tap: $!\n";
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    if ($pid == 0) {
        POSIX::setpgid(0, 0);
        open STDERR, '>&', \*STDOUT;
        exec $path or POSIX::_exit(127);
    }
    local $SIG{ALRM} = sub { print "FAIL $name: not done in $seconds seconds\n"; kill 'KILL', -$pid };
    alarm $seconds;
    while (my $line = <$out>) {
        print $log $line;
        if ($line =~ /^ok \d+ - (.*)/) { $ok++; print "ok   $name: $1\n" }
        elsif ($line =~ /^not ok \d+ - (.*)/) { $not_ok++; print "FAIL $name: $1\n" }
        elsif ($line =~ /^1\.\.(\d+)/) { $plan = $1 }
        else { print "     $line" }
    }
    alarm 0;
    end($pid);
    if (!defined $plan || $plan != $ok + $not_ok || $plan == 0) {
        $not_ok++;
        print "FAIL $name: it did not come to its end\n";
    }
    printf "     $name took %d seconds\n", time - $begun;
    $passed += $ok;
    $failed += $not_ok;
}

mkdir $logs;
for my $path (sort glob("$FindBin::Bin/cases/*.pl")) {
    my ($name) = $path =~ m{([^/]+)\.pl$};
    run($path, $name) if !@ARGV || grep { index($name, $_) >= 0 } @ARGV;
}
print "$passed passed, $failed failed\n";
exit($failed > 0 || $passed == 0);
