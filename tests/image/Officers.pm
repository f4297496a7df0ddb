# Officers.pm - the persons at the appliance's serial console, who type what its menu and the programs ask for.
#
#   my $o = Officers->new($machine);
#   $o->do('make', ...);     one entry of the menu, by its first words below; dies unless it ends with "Done."
#   $o->fails('open');       the same, and the code of the error that it ends with; dies when it ends well
#   Officers::image()        the path of the tests' own training image, which is made or brought up to date
#   Officers::prepared(FOLDER, N)   in FOLDER a state with keys, and a batch of N requests that officers authorised;
#                            kept for the next test, for some hours
#   $o->off                  powers off; true when the machine is off
#   my ($m, $o) = Officers::at_work(FOLDER, NAME, args => [more of qemu]);
#       at the menu of the tests' own training image, with the media of FOLDER (media.sh) plugged in
#
# PIN and passphrases are those of the tests' persons (tests/cases/common.sh); each part of the state medium's is one of
# @parts.
package Officers;
use strict;
use warnings;
no warnings 'qw'; # commas are qemu's
use FindBin;
use Machine;

my $build = $ENV{ROOTSEAL_BUILD} // 'build';
our @parts = ('the first half', 'and the second');
my %entries = (open => 1, make => 2, token => 3, ceremony => 4, plan => 5, authorise => 6, sign => 7, export => 8,
    minutes => 9, copy => 10, verify => 11, module => 12, status => 13);
my %initials = ('operator-1' => 'OA', 'officer-1' => 'FA', 'officer-2' => 'FB', 'witness-1' => 'WA');

sub secret { # NAME of common.sh
    my $name = shift;
    my $file = "$FindBin::Bin/../../cases/common.sh";
    open(my $in, '<', $file) or die "$file: $!\n";
    while (<$in>) { return $1 if /^$name=(.+)$/ }
    die "$file: no $name\n";
}

sub new {
    my ($class, $machine) = @_;
    return bless {machine => $machine, pin => secret('WORLD_PIN'), pass => secret('WORLD_PASS')}, $class;
}

# Of several media the blank one becomes the state's.
sub answers {
    my $self = shift;
    my $seen = sub { substr($self->{machine}{seen}, -3000) };
    return (
        [qr/leave it: $/, sub { $seen->() =~ /Which of these becomes.*\n(?: +\d+  .*\n)*? +(\d+)  .*blank/ ? $1 : 1 }],
        [qr/Erase it\? $/, sub { $seen->() =~ /.*type "(erase \d+ MB)"/s ? $1 : '' }],
        [qr/(first) person's part.*: $/, sub { $parts[0] }],
        [qr/(second) person's part.*: $/, sub { $parts[1] }],
        [qr/SO PIN.*: $/, '12345678'],
        [qr/user PIN.*: $/, $self->{pin}],
        [qr/Officer, as.*: $/, sub { $self->{officer} }],
        [qr/on a card of your own.*: $/, 'n'],
        [qr/Initials of ([\w.-]+) \(.*: $/, sub { $initials{$_[0]} // '?' }],
        [qr/write to a stick.*: $/, 'n'],
        [qr/^([\w.-]+), the file with your key.*: $/, sub { "stick/$_[0].key" }],
        [qr/[Ff]irst 3 words.*: ?$/, sub { $_[1] }],
        [qr/PIN of token.*: $/, $self->{pin}],
        [qr/Passphrase of .*: $/, $self->{pass}],
        [qr/[pP]ress Enter.*: $/, ''],
    );
}

# Begin an entry at the menu, which is there; what it ends with, "Done." or a code.
sub choose {
    my ($self, $entry, $officer) = @_;
    $self->{officer} = $officer;
    $self->{machine}->type($entries{$entry} // die "no entry $entry\n");
    my $over = qr/^(Done\.|rootseal-console: E_\w+)(?=.*^Your choice: )/ms;
    my $end = $self->{machine}->converse([$self->answers], $over);
    $self->{machine}->expect('Your choice: ');
    return $end;
}

sub do {
    my ($self, $entry, @more) = @_;
    my $end = $self->choose($entry, @more);
    die "$entry: $end\n" . $self->{machine}->last_lines unless $end eq 'Done.';
    return 1;
}

sub fails {
    my ($self, $entry, @more) = @_;
    my $end = $self->choose($entry, @more);
    die "$entry: it did not fail\n" . $self->{machine}->last_lines if $end eq 'Done.';
    return $end =~ s/.*: //r;
}

sub image {
    system("$FindBin::Bin/../image.sh") == 0 or die "the image is not made\n";
    return "$build/test/image/training/rootseal.iso";
}

sub prepare {
    my ($dir, $n) = @_;
    mkdir $dir;
    system("$FindBin::Bin/../media.sh", $dir, $n) == 0 or die "the media are not made\n";
    my ($m, $o) = at_work($dir, 'prepared');
    $o->do(split ' ') for 'make', 'token', 'ceremony', 'plan', 'authorise officer-1', 'authorise officer-2';
    $o->off or die "it does not power off\n";
    open(my $done, '>', "$dir/done") or die "$dir/done: $!\n";
}

sub prepared {
    my ($to, $n) = @_;
    my $digest = (split ' ', `sha256sum @{[image()]}`)[0];
    my $dir = "$build/test/image/prepared-$n-" . substr($digest, 0, 16);
    if (!-e "$dir/done" || -M "$dir/done" > 0.25) {
        system('rm', '-rf', glob("$build/test/image/prepared-$n-*")) == 0 or die "$dir is not removed\n";
        prepare($dir, $n);
    }
    system('cp', '-r', '--sparse=always', glob("$dir/*"), $to) == 0 or die "$dir is not copied\n";
}

sub at_work {
    my ($folder, $name, %more) = @_;
    my $m = Machine::boot(iso => "$build/test/image/training/rootseal.iso", name => $name, args => [
        '-drive', "if=none,id=state,format=raw,file=$folder/state.img",
        qw(-device usb-storage,bus=usb.0,drive=state,id=state-usb),
        '-drive', "if=none,id=stick,format=raw,file=$folder/stick.img",
        qw(-device usb-storage,bus=usb.0,drive=stick,id=stick-usb,removable=on),
        @{$more{args} // []}]);
    $m->{seconds} = 600;
    Machine::reaches_console($m);
    return ($m, Officers->new($m));
}

sub off {
    my $self = shift;
    $self->{machine}->type('off');
    $self->{machine}->ask('y or n: ', 'y');
    return $self->{machine}->ended(120);
}

1;
