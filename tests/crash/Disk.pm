# Disk.pm - a disk on which a recording (record.h) was made, and what a power cut could have left on it.
#
# Data reach the medium for certain when their file is synced, names (made, renamed, removed) when their folder is: as POSIX
# has it, and no more; a file's fsync says nothing of its name. At a cut each change that is not yet certain is there or not,
# whatever came before or after it, and a write that goes over a boundary of 512 bytes may have reached it up to one of
# them. A write that is not there leaves the file as long as the others make it, with zeros in between.
#
# What is below `tokens` is there as soon as it is told: the token stands for an HSM, whose memory is its own business and
# is not lost with the appliance's power. Nor is there a cut between two changes of the token that follow each other: a key
# pair is made or is not, however many files SoftHSM needs for it. (SIGKILL inside SoftHSM is the crash sweep's.)
package Disk;
use strict;
use warnings;
use Digest::MD5 qw(md5);

my $SECTOR = 512;

# The disk as the folder `root` has it, then the changes of the recording. Each change: step (given by the caller), what, and
# certain, the number of the entry that made it so (or undef).
sub new {
    my ($class, $root) = @_;
    my $d = bless {inodes => [], changes => [], n => 0, shown => []}, $class;
    $d->{root} = load($d, $root);
    $d->{view} = [map { ref $_ ? {%$_} : $_ } @{$d->{inodes}}];    # with all changes, as the programs saw it
    return $d;
}

# -- inodes: a folder is a hash of names, a file is a string --

sub load {
    my ($d, $path) = @_;
    my $ino = push(@{$d->{inodes}}, undef) - 1;
    if (-d $path) {
        opendir my $dir, $path or die "$path: $!\n";
        my %names = map { ($_, load($d, "$path/$_")) } grep { !/^\.\.?$/ } readdir $dir;
        $d->{inodes}[$ino] = \%names;
    } else {
        open my $f, '<:raw', $path or die "$path: $!\n";
        local $/;
        $d->{inodes}[$ino] = <$f> // '';
    }
    return $ino;
}

# The inodes' contents after these changes, to the recorded disk or to a state; what they do not touch is shared with it.
sub view_of {
    my ($d, $changes, $base) = @_;
    my @inodes = @{$base // $d->{inodes}};
    my %own;
    for my $change (@$changes) {
        my ($function, $c, $torn) = @$change;
        for (grep { defined } $c->{dir}, $c->{ino}) {
            $inodes[$_] = {%{$inodes[$_]}} if ref $inodes[$_] && !$own{$_}++;
        }
        $function->($c, \@inodes, $torn);
    }
    return \@inodes;
}

sub find {
    my ($d, $path) = @_;
    my $ino = $d->{root};
    for my $name (split m{/}, $path) {
        my $folder = $d->{view}[$ino];
        return undef if !ref $folder || !defined $folder->{$name};
        $ino = $folder->{$name};
    }
    return $ino;
}

sub parent {
    my ($d, $path) = @_;
    my ($dir, $name) = $path =~ m{^(?:(.*)/)?([^/]+)$} or die "no name: $path\n";
    return ($d->find($dir // '') // die("$path: its folder is not known\n"), $name);
}

# -- the changes, each a function of its arguments, the inodes, and where it is torn --

sub do_link { my ($c, $i) = @_; $i->[$c->{dir}]{$c->{name}} = $c->{ino}; $i->[$c->{ino}] //= $c->{new}->() }

sub do_unlink { my ($c, $i) = @_; delete $i->[$c->{dir}]{$c->{name}} }

sub do_rename {
    my ($c, $i) = @_;
    delete $i->[$c->{dir}]{$c->{name}};
    $i->[$c->{dir2}]{$c->{name2}} = $c->{ino};
}

sub do_truncate {
    my ($c, $i) = @_;
    my $n = length($i->[$c->{ino}] //= '');
    $i->[$c->{ino}] .= "\0" x ($c->{size} - $n) if $c->{size} > $n;
    substr($i->[$c->{ino}], $c->{size}) = '' if $c->{size} < $n;
}

sub do_write {
    my ($c, $i, $torn) = @_;
    my $data = defined $torn ? substr($c->{data}, 0, $torn) : $c->{data};
    my $n = length($i->[$c->{ino}] //= '');
    $i->[$c->{ino}] .= "\0" x ($c->{offset} - $n) if $c->{offset} > $n;
    substr($i->[$c->{ino}], $c->{offset}, length $data) = $data;
}

sub add {
    my ($d, $function, $step, $path, %c) = @_;
    my $change = [$function, {%c, step => $step, path => $path, at => $d->{n}}];
    $change->[1]{certain} = $d->{n} if $path =~ m{^tokens(/|$)};
    push @{$d->{changes}}, $change;
    $function->($change->[1], $d->{view});
}

sub add_new {
    my ($d, $step, $path, $new) = @_;
    my ($dir, $name) = $d->parent($path);
    my $ino = push(@{$d->{view}}, undef) - 1;
    push @{$d->{inodes}}, undef;
    $d->add(\&do_link, $step, $path, dir => $dir, name => $name, ino => $ino, new => $new);
}

sub sync {
    my ($d, $path) = @_;
    my $ino = $d->find($path) // return;
    for (@{$d->{changes}}) {
        my ($function, $c) = @$_;
        next if defined $c->{certain};
        my $names = $function == \&do_link || $function == \&do_unlink || $function == \&do_rename;
        $c->{certain} = $d->{n} if $names ? $c->{dir} == $ino : $c->{ino} == $ino;
    }
    # what is gone for certain cannot come back with what was done to it
    my %gone = map { ($_->[1]{ino}, 1) } grep { $_->[0] == \&do_unlink && ($_->[1]{certain} // -1) == $d->{n} }
        @{$d->{changes}};
    for (map { $_->[1] } @{$d->{changes}}) {
        $_->{certain} //= $d->{n} if $gone{$_->{ino}} || $gone{$_->{dir} // -1};
    }
}

# What lies on the disk of this folder; the recordings know of no other change there.
sub sync_below {
    my ($d, $path) = @_;
    $_->{certain} //= $d->{n} for grep { $_->{path} =~ m{^\Q$path\E(/|$)} } map { $_->[1] } @{$d->{changes}};
}

# Read a recording, made during the step of this number.
sub play {
    my ($d, $file, $step) = @_;
    open my $f, '<:raw', $file or die "$file: $!\n";
    while (defined(my $line = <$f>)) {
        chomp $line;
        my ($what, $rest) = split / /, $line, 2;
        my ($offset, $size, $data);
        ($offset, $size, $rest) = $rest =~ /^(\d+) (\d+) (.*)$/ if $what eq 'write';
        ($size, $rest) = ($rest, '') if $what eq 'shown';
        ($size, $rest) = split / /, $rest, 2 if $what eq 'truncate';
        if ($what eq 'write' || $what eq 'shown') {
            read($f, $data, $size + 1) == $size + 1 or die "$file: cut off\n";
            chop $data;
        }
        if ($what eq 'create') {
            $d->add_new($step, $rest, sub { '' });
        } elsif ($what eq 'mkdir') {
            $d->add_new($step, $rest, sub { {} });
        } elsif ($what eq 'unlink') {
            my ($dir, $name) = $d->parent($rest);
            $d->add(\&do_unlink, $step, $rest, dir => $dir, name => $name, ino => $d->find($rest));
        } elsif ($what eq 'rename') {
            my ($from, $to) = split /\t/, $rest;
            my ($dir, $name) = $d->parent($from);
            my ($dir2, $name2) = $d->parent($to);
            die "a rename between folders: $rest\n" if $dir != $dir2;
            $d->add(\&do_rename, $step, $to, dir => $dir, name => $name, dir2 => $dir2, name2 => $name2,
                    ino => $d->find($from));
        } elsif ($what eq 'sync') {
            $d->sync($rest);
        } elsif ($what eq 'syncfs') {
            $d->sync_below($rest);
        } elsif ($what eq 'shown') {
            push @{$d->{shown}}, {at => $d->{n}, step => $step, text => $data};
        } else {    # a file that has no name any more can be passed over
            my $ino = $d->find($rest) // next;
            $d->add(\&do_truncate, $step, $rest, ino => $ino, size => $size) if $what eq 'truncate';
            $d->add(\&do_write, $step, $rest, ino => $ino, offset => $offset, data => $data) if $what eq 'write';
        }
        push @{$d->{steps}}, $step;    # of each entry
        push @{$d->{of_token}}, ($rest // '') =~ m{^tokens(/|$)} ? 1 : 0;
        $d->{n}++;
    }
}

# -- a cut: after the first n entries --

sub cuts {
    my ($d) = @_;
    return grep { $_ == 0 || $_ == $d->{n} || !($d->{of_token}[$_ - 1] && $d->{of_token}[$_]) } 0 .. $d->{n};
}

# The state that is certain by then, and the changes that are not. What is pending on a file or folder always comes after
# what is certain there, so it can be added to that state.
sub at_cut {
    my ($d, $n) = @_;
    my (@certain, @pending);
    for (grep { $_->[1]{at} < $n } @{$d->{changes}}) {
        push @{defined $_->[1]{certain} && $_->[1]{certain} < $n ? \@certain : \@pending}, $_;
    }
    return ($d->view_of(\@certain), @pending);
}

# Where a write may be torn: the lengths at which a sector ends within it.
sub tears {
    my ($change) = @_;
    return () if $change->[0] != \&do_write;
    my $c = $change->[1];
    my $first = $SECTOR - $c->{offset} % $SECTOR;
    return grep { $_ < length $c->{data} } map { $first + $SECTOR * $_ } 0 .. length($c->{data}) / $SECTOR;
}

# The state after these changes to another, in their order, each [change] or [change, length at which it is torn].
sub state {
    my ($d, $base, @kept) = @_;
    my @changes = sort { $a->[1]{at} <=> $b->[1]{at} } map { [$_->[0][0], $_->[0][1], $_->[1]] } @kept;
    return $d->view_of(\@changes, $base);
}

# Digest of all that can be reached in a state, but for names that match. %$known holds those of contents seen before, by
# inode, for states that share most of them.
sub digest {
    my ($d, $state, $known, $but, $ino) = @_;
    $ino //= $d->{root};
    my $content = $state->[$ino] // '';
    if (!ref $content) {
        my $same = $known->{$ino};
        return $same->[1] if defined $same && $same->[0] eq $content;
        $known->{$ino} = [$content, md5($content)];
        return $known->{$ino}[1];
    }
    return md5(join '', map { "$_\0" . digest($d, $state, $known, $but, $content->{$_}) }
               grep { !defined $but || !/$but/ } sort keys %$content);
}

# Make the folder `to`, which is not there, this state, but for names that match.
sub write {
    my ($d, $state, $to, $but, $ino) = @_;
    $ino //= $d->{root};
    if (ref $state->[$ino]) {
        mkdir $to, 0700 or die "$to: $!\n";
        Disk::write($d, $state, "$to/$_", $but, $state->[$ino]{$_})
            for grep { !defined $but || !/$but/ } keys %{$state->[$ino]};
    } else {
        open my $f, '>:raw', $to or die "$to: $!\n";
        print $f $state->[$ino] // '' and close $f or die "$to: $!\n";
    }
}

1;
