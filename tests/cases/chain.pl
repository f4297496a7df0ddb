# chain.pl - gives the lines of an audit log the sequence numbers and digests of a whole chain, as a forger would.
use strict;
use warnings;
use IPC::Open2;

my ($seq, $prev) = (0, '0' x 64);
while (my $line = <STDIN>) {
    chomp $line;
    $seq++;
    $line =~ s/^\{"seq":\d+/{"seq":$seq/;
    $line =~ s/"prev":"[0-9a-f]{64}"/"prev":"$prev"/;
    my $pid = open2(my $from, my $to, 'openssl', 'dgst', '-sm3', '-r');
    print $to $line;
    close $to;
    ($prev) = <$from> =~ /^([0-9a-f]{64})/;
    waitpid($pid, 0);
    print "$line\n";
}
