# Machine.pm - the machines that an image is booted on, each a Console.
#
#   my $m = Machine::boot(iso => FILE, medium => 'cd', 'usb' or 'none', firmware => 'bios', 'uefi' or 'secure',
#       name => WORD (of the log), memory => MIB, args => [more of qemu],
#       vars => FILE (what the firmware keeps; needed for 'secure', see Vars.pm))
#   Machine::says($m, TEXT-OR-REGEX) waits for the first thing that a machine is to say; for others, $m->expect
#   Machine::reaches_console($m)     the same, until PID 1 offers something to choose
#   Machine::choose($m, TEXT)        what the menu calls so
#   Machine::powers_off($m)          chooses to power off; true when the machine is off
#   Machine::image(MODE, NAME)       the path of what was built: rootseal.iso, initrd.img
#   Machine::content(FILE)           all bytes of it
#   Machine::patience()              times as long as a test waits on a machine that does nothing else (PATIENCE)
#   Machine::folder()                for this test's files; it goes when the test ends
package Machine;
use strict;
use warnings;
use File::Copy qw(copy);
use File::Temp;
use FindBin;
use lib "$FindBin::Bin/..";
use Console;

my $ovmf = '/usr/share/OVMF';
my $folder;

sub folder { return $folder //= File::Temp->newdir('rootseal-image-XXXXXX', TMPDIR => 1) }

sub content {
    my $path = shift;
    open my $f, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$f>;
}

sub patience { return $ENV{PATIENCE} // 1 }

sub image { my ($mode, $name) = @_; return ($ENV{ROOTSEAL_BUILD} // 'build') . "/image/$mode/$name" }

# Two machines: an older one with an IDE bus, and one with AHCI, whose firmware's variables are guarded by SMM.
sub firmware {
    my ($which, $vars) = @_;
    return qw(-machine pc -vga std) if $which eq 'bios';
    my $code = $which eq 'secure' ? "$ovmf/OVMF_CODE_4M.secboot.fd" : "$ovmf/OVMF_CODE_4M.fd";
    if (!$vars) {
        $vars = folder() . '/vars.fd';
        copy("$ovmf/OVMF_VARS_4M.fd", $vars) or die "$vars: $!\n";
    }
    return ('-machine', 'q35' . ($which eq 'secure' ? ',smm=on' : ''), qw(-vga std),
        $which eq 'secure' ? ('-global', 'driver=cfi.pflash01,property=secure,value=on') : (),
        '-drive', "if=pflash,format=raw,unit=0,readonly=on,file=$code",
        '-drive', "if=pflash,format=raw,unit=1,file=$vars");
}

sub boot {
    my %o = (medium => 'cd', firmware => 'bios', memory => 256, name => 'boot', args => [], @_);
    my @medium = $o{medium} eq 'none' ? () : $o{medium} eq 'cd'
        ? ('-drive', "if=ide,media=cdrom,format=raw,readonly=on,file=$o{iso}")
        : ('-drive', "if=none,id=boot,format=raw,readonly=on,file=$o{iso}",
            '-device', 'usb-storage,bus=usb.0,drive=boot,removable=on,bootindex=0');
    my %again = %o;
    my $logs = ($ENV{ROOTSEAL_BUILD} // 'build') . '/image/log';
    mkdir $logs;
    my $m = Console->start(log => "$logs/$o{name}.log", seconds => 120 * patience(), args => [
        firmware($o{firmware}, $o{vars}), '-m', $o{memory}, '-device', 'qemu-xhci,id=usb', @medium, @{$o{args}}]);
    $m->{again} = \%again;
    return $m;
}

# An emulator that gets no processor for a tenth of a second loses the ticks that the kernel counts at its very
# beginning, and it says so by this panic, before it has looked at anything of ours. Then, and only then, once more.
my $starved = qr/IO-APIC \+ timer doesn't work!/;

sub says { # changes its first argument where the machine is started again
    my (undef, $what) = @_;
    my $wanted = ref $what ? $what : quotemeta $what;
    for my $try (1 .. 3) {
        $_[0]->expect(qr/(?:$wanted|$starved)/);
        return 1 if substr($_[0]{seen}, 0, $_[0]{at}) !~ $starved;
        $_[0]->kill;
        $_[0] = boot(%{$_[0]{again}}) if $try < 3;
    }
    die "the emulator gets too little of a processor: three times the kernel found its timer not to work\n";
}

sub reaches_console { says($_[0], '-- Rootseal --'); return $_[0]->expect('Your choice: ') }

sub choose {
    my ($m, $text) = @_;
    my ($number) = $m->{seen} =~ /^ +(\d+)  \Q$text\E/m or die "not in the menu: $text\n";
    $m->type($number);
}

sub powers_off {
    my $m = shift;
    $m->type('off');
    $m->ask('Power off?', 'y');
    return $m->ended(60 * patience());
}

1;
