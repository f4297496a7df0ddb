# Console.pm - a machine under qemu, and a person at its serial line.
#
#   my $m = Console->start(log => FILE, seconds => 60, args => [QEMU-ARGUMENT...]);
#   $m->expect(TEXT-OR-REGEX);      wait until it stands behind what was expected before; dies after so many seconds
#   $m->type(TEXT);                 and the enter key
#   $m->key('C');                   with control
#   $m->monitor(COMMAND);           of qemu's monitor
#   $m->ended(SECONDS);             the machine has powered off; false when it has not in time
#   $m->kill;
#
# What a boot came to is told by what stands on the line and on the media, never by qemu's exit status, which is 0 after
# a panic.
package Console;
use strict;
use warnings;
no warnings 'qw'; # commas are qemu's
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes qw(time sleep);

sub start {
    my ($class, %o) = @_;
    my $self = bless {seen => '', at => 0, seconds => $o{seconds} // 60, log => $o{log}}, $class;
    my $dir = $self->{dir} = POSIX::strftime('/tmp/rootseal-image-%s-', gmtime) . $$ . '-' . int(rand(1e9));
    mkdir($dir, 0700) or die "$dir: $!\n";
    my @command = (
        'qemu-system-x86_64', '-accel', 'tcg,thread=multi', qw(-nodefaults -display none -no-reboot -net none),
        '-chardev', "socket,id=line,path=$dir/line,server=on,wait=off", qw(-serial chardev:line),
        '-chardev', "socket,id=monitor,path=$dir/monitor,server=on,wait=off", qw(-mon chardev=monitor), @{$o{args}});
    $self->{pid} = fork() // die "fork: $!\n";
    if ($self->{pid} == 0) {
        open(STDIN, '<', '/dev/null');
        open(STDOUT, '>', "$dir/said");
        open(STDERR, '>&', \*STDOUT);
        exec(@command) or POSIX::_exit(127);
    }
    open($self->{to_log}, '>:raw', $o{log}) or die "$o{log}: $!\n";
    $self->{line} = $self->connect_to('line');
    $self->{mon} = $self->connect_to('monitor');
    return $self;
}

sub connect_to {
    my ($self, $name) = @_;
    for (1 .. 100) {
        my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => "$self->{dir}/$name");
        return $s if $s;
        sleep 0.1;
    }
    open(my $said, '<', "$self->{dir}/said");
    local $/;
    die "qemu does not start: " . (<$said> // '') . "\n";
}

# Read what has come; false when nothing does for a tenth of a second, or never will.
sub listen {
    my $self = shift;
    my $bits = '';
    vec($bits, fileno($self->{line}), 1) = 1;
    return 0 unless select($bits, undef, undef, 0.1);
    my $n = sysread($self->{line}, my $bytes, 65536);
    if (!$n) {
        $self->{over} = 1;
        return 0;
    }
    $self->{to_log}->syswrite($bytes);
    $bytes =~ s/\r//g;
    $bytes =~ s/\e\[[0-9;?]*[A-Za-z]//g;
    $self->{seen} .= $bytes;
    return 1;
}

sub expect {
    my ($self, $what, $seconds) = @_;
    my $until = time + ($seconds // $self->{seconds});
    my $wanted = ref $what ? $what : quotemeta $what;
    for (;;) {
        pos($self->{seen}) = $self->{at};
        if ($self->{seen} =~ /$wanted/g) {
            my $found = $1;
            $self->{at} = pos $self->{seen};
            return $found // 1;
        }
        $self->page;
        next if $self->listen;
        die "the machine is off, and never said: $what\n" . $self->last_lines if $self->{over};
        die "never said in time: $what\n" . $self->last_lines if time > $until;
    }
}

# A page is turned as soon as it ends.
sub page {
    my $self = shift;
    pos($self->{seen}) = $self->{at};
    return unless $self->{seen} =~ /-- more: /g;
    $self->{at} = pos $self->{seen};
    syswrite($self->{line}, "\r");
}

sub last_lines {
    my $self = shift;
    my @lines = split /\n/, substr($self->{seen}, -3000);
    return join("\n", '--', @lines[($#lines > 40 ? $#lines - 40 : 0) .. $#lines], '--', '');
}

# Questions discard what was typed before them: the end of the question is on the line a moment before it listens.
sub type {
    my ($self, $text) = @_;
    sleep 0.4;
    syswrite($self->{line}, "$text\r");
}

# One key with control, such as key('C').
sub key {
    my ($self, $letter) = @_;
    sleep 0.4;
    syswrite($self->{line}, chr(ord($letter) & 0x1f));
}

sub ask { my ($self, $question, $answer) = @_; $self->expect($question); $self->type($answer) }

# converse(ANSWERS, END): answer each question, a line that is not ended, by the first pair of ANSWERS whose regex it
# matches, until END is said; The answer may be a function of what the regex captured
# and of the first three words of the digest that was shown last.
sub converse {
    my ($self, $answers, $end, $seconds) = @_;
    my $until = time + ($seconds // $self->{seconds});
    for (;;) {
        my $new = substr($self->{seen}, $self->{at});
        if ($new =~ /$end/) {
            $self->{at} += $+[0];
            return $1 // 1;
        }
        my $answer = $self->answer($new, $answers);
        if (defined $answer) {
            $self->{at} = length $self->{seen};
            $self->type($answer);
            $until = time + ($seconds // $self->{seconds});
            next;
        }
        $self->page;
        next if $self->listen;
        die "the machine is off, and never said: $end\n" . $self->last_lines if $self->{over};
        die "nobody knows what to type, or it takes too long\n" . $self->last_lines if time > $until;
    }
}

sub answer {
    my ($self, $new, $answers) = @_;
    $self->{words} = $1 while $new =~ /\s1  (\w+ \w+ \w+) \w+\n/g;
    my ($line) = $new =~ /([^\n]*)\z/;
    for my $pair (@$answers) {
        next unless $line =~ $pair->[0];
        return ref $pair->[1] ? $pair->[1]->($1, $self->{words}) : $pair->[1];
    }
    return undef;
}

sub monitor { my ($self, $command) = @_; syswrite($self->{mon}, "$command\n"); sleep 0.3 }

sub ended {
    my ($self, $seconds) = @_;
    my $until = time + $seconds;
    while (time < $until) {
        $self->listen or sleep 0.1;
        if (waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid}) {
            1 while $self->listen;
            $self->{pid} = 0;
            return 1;
        }
    }
    return 0;
}

sub kill {
    my $self = shift;
    return unless $self->{pid};
    CORE::kill('KILL', $self->{pid});
    waitpid($self->{pid}, 0);
    $self->{pid} = 0;
}

sub DESTROY {
    my $self = shift;
    local $?;
    $self->kill;
    unlink(glob("$self->{dir}/*"));
    rmdir($self->{dir});
}

1;
