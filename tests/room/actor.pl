#!/usr/bin/perl
# actor.pl CAST [--until N] [--again N] [--while N COMMAND] -- PROGRAM ARGUMENT... - the persons in the room, typing what
# a ceremony asks for.
#
# CAST has a line for each: id, initials, and for an officer the file with the key; and what stands on paper: `minutes` and the
# first words of the last ones. The program's standard input and output are pipes; what it prints is passed on. Other words
# are typed as they stand on the screen. --until N: at the N-th question the
# program is killed (SIGKILL), as if the power had gone; exit status 137. --again N: what fails is tried again so many times,
# then those present stop. --while N COMMAND: the shell runs it while somebody reads the words that are to be typed for the
# N-th time. When nothing is said for a minute, because it asks what nobody knows, it is killed, and the status is 99.
use strict;
use warnings;
use IPC::Open2;
use IO::Handle;

my ($cast, $until, $again, $reading, $while) = (shift, 0, 0, 0, undef);
while (@ARGV && $ARGV[0] ne '--') {
    my $option = shift;
    $until = shift, next if $option eq '--until';
    $again = shift, next if $option eq '--again';
    ($reading, $while) = (shift, shift), next if $option eq '--while';
    die "actor.pl: $option\n";
}
shift;
my (%initials, %key, $minutes);
open(my $in, '<', $cast) or die "$cast: $!\n";
while (<$in>) {
    $minutes = $1, next if /^minutes (.*)$/;
    my ($id, $letters, $file) = split;
    $initials{$id} = $letters;
    $key{$id} = $file if defined $file;
}
close($in);

my $pid = open2(my $out, my $to, @ARGV);
my ($screen, $words, $asked) = ('', '', 0);
STDOUT->autoflush(1);
$to->autoflush(1);
$SIG{PIPE} = 'IGNORE';

# The answer to what the last, unfinished line asks; undef when it asks nothing yet.
sub answer {
    my $line = shift;
    return $initials{$1} // '?' if $line =~ /(?:Initials of|请) ?([\w.-]+) ?(?:\(|（).*(?::|：) ?$/;
    return $key{$1} // '' if $line =~ /^([\w.-]+)(?:,|，).*(?:the file with your key|密钥文件).*(?::|：) ?$/;
    return "" if $line =~ /(?:folder of a bundle|结果包文件夹).*(?::|：) ?$/;
    return '' if $line =~ /^(?:Press Enter when it is in|插好后按回车).*(?::|：) ?$/;
    return $minutes if defined $minutes && $line =~ /(?:[Ff]irst 3 words of the last minutes.*: |上一次纪要的前 3 个词.*：)$/;
    return $words if $line =~ /(?:[Ff]irst 3 words|前 ?3 个词).*(?::|：) ?$/;
    return '' if $line =~ /(?:press Enter|回车).*(?::|：) ?$/;
    return $again-- > 0 ? 'again' : 'stop' if $line =~ /(?:Type|输入) "again".*(?::|：) ?$/;
    return undef;
}

$SIG{ALRM} = sub { kill 'KILL', $pid; print "\nactor.pl: nobody knows what to type\n"; exit 99 };
while (alarm(60), sysread($out, my $chunk, 4096)) {
    print $chunk;
    $screen .= $chunk;
    $words = $1 while $screen =~ /^.*?\s1  (\w+ \w+ \w+) \w+\n/mg;
    $screen =~ s/^.*\n//s;
    my $line = answer($screen);
    next unless defined $line;
    if ($until && ++$asked >= $until) {
        kill 'KILL', $pid;
        waitpid($pid, 0);
        exit 137;
    }
    if ($words ne '' && $line eq $words && --$reading == 0) {
        system($while) == 0 or die "actor.pl: $while: $?\n";
    }
    print "$line\n";
    print $to "$line\n";
    $screen = '';
}
close($to);
waitpid($pid, 0);
exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
