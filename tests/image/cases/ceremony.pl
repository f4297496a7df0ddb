#!/usr/bin/perl
# ceremony.pl - from power-on to power-off, by typing on the serial console: a blank medium becomes the state's, a
# ceremony makes keys, roots and minutes, a batch from a FAT stick is planned, authorised by two officers and signed,
# and its bundle, the minutes and a copy of the state go to the stick. Outside, the RA imports the bundle and the
# auditor verifies the state. In a second boot the state is there again, and no other passphrase opens it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/..";
use Machine;
use Officers;
use Test::More;

my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my $c = Machine::folder();
my $image = Officers::image();
is(system("$FindBin::Bin/../media.sh", $c), 0, 'the media are made') or BAIL_OUT('no media');

sub said { my ($m, $what, $name) = @_; like($m->{seen}, $what, $name) }

my ($m, $o) = Officers::at_work($c, 'ceremony');
said($m, qr/TRAINING: what is made here counts for nothing/, 'the menu says that it is a training');
for my $step ('make', 'token', 'ceremony', 'plan', 'authorise officer-1', 'authorise officer-2', 'sign', 'export',
    'minutes', 'copy', 'verify', 'status') {
    ok(eval { $o->do(split ' ', $step) }, $step) or diag($@), last;
}
my $iso = (split ' ', `sha256sum $image`)[0];
said($m, qr/SHA-256 +$iso/, "the image's digest is that of the file");
ok($o->off, 'powers off');
unlike($m->{seen}, qr/Kernel panic|\bWARNING\b|I\/O error/, 'the kernel has nothing to complain of');
my $secrets = join '|', map { quotemeta } @Officers::parts, $o->{pin}, $o->{pass};
unlike($m->{seen}, qr/$secrets/, 'no PIN, passphrase or part of one stood on the line');

# -- outside --

my ($production, $training) = ("$build/test/world/bin", "$build/test/image/training/bin");
is(system("mkdir $c/out && mcopy -s -i $c/stick.img '::out/*' '::anchors-*' '::state-*' '::minutes-*' $c/out/"), 0,
    'the stick can be read');
my ($bundle, $anchors, $state) = map { (glob "$c/out/$_")[0] // '' } 'guangzhou-1-*', 'anchors-*', 'state-*';
my $import = "$production/ra import --bundle $bundle --batch $c/batch --anchors $anchors --out $c/imported";
is(system("$import > $c/import.log 2>&1"), 0, 'the RA imports the bundle') or diag(`cat $c/import.log`);
my @certificates = grep { /r-[123]/ } split /\n/, `find $c/imported -name '*.pem'`;
is(scalar @certificates, 3, 'and has its certificates') or diag(`find $c/imported`);
my $certificate = @certificates ? `openssl x509 -in $certificates[0] -noout -text` : '';
like($certificate, qr/Policy: 2\.999\.0$/m, 'a certificate says by its policy that it is of a training');
like($certificate, qr/Issuer: .*TRAINING/, 'and by its issuer');
is(system("$training/audit verify --state $state --anchors $anchors > $c/audit.log 2>&1"), 0,
    'the auditor verifies the state') or diag(`cat $c/audit.log`);
is(system("grep -q '\"program\":\"rootseal [0-9.]*-training\"' $state/audit.jsonl"), 0, 'the log says what it is for');
like(`$production/signer plan --state $state --from $c/batch 2>&1`, qr/E_STATE_POLICY/,
    'programs of production do not work on it');

# -- again --

($m, $o) = Officers::at_work($c, 'ceremony-again');
is(eval { local $Officers::parts[1] = 'and the secone'; $o->fails('open') } // $@, 'E_STEP',
    'a wrong passphrase opens nothing');
$m->type(1);
$m->expect("first person's part: ");
$m->key('C');
is(eval { $m->expect(qr/rootseal-console: (E_\w+)/) } // $@, 'E_PIN_MISSING', 'control-C breaks off');
$m->expect('Your choice: ');
$m->type('l');
ok(eval { $m->expect('没有打开状态介质') && $m->expect('您的选择：') }, 'it speaks Chinese') or diag $@;
$m->type('l');
ok(eval { $m->expect('no state medium open') && $m->expect('Your choice: ') }, 'and English again') or diag $@;
ok(eval { $o->do('open') }, 'the right one opens it') or diag $@;
ok(eval { $o->do('verify') }, 'and it is whole') or diag $@;
ok($o->off, 'powers off');
done_testing;
