# Signing.pm - batches, beside a bare loop of C_Sign with the same key and sessions, beside `openssl ca`, beside the arithmetic
# alone, and on a token that is slow.
package Signing;
use v5.36;
use Exporter qw(import);
use Figure;
use Run qw(run raw must of);

our @EXPORT_OK = qw(loop);

my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my $cores = `nproc` + 0;

# Seconds that a bare loop takes for n signatures. Of RSA's two mechanisms the faster one counts.
sub loop($w, $key, $kind, $n, $sessions) {
    my @mechanisms = $kind eq 'rsa' ? qw(rsa rsa-sha256) : ($kind);
    my @rates = sort { $b <=> $a } map {
        raw('rawsign', '--module', $w->{module}, '--token', 'rootseal', '--key', $key, '--mechanism', $_, '--count', $n,
            '--sessions', $sessions, '--pin-fd', 3) } @mechanisms;
    return $n / $rates[0];
}

# `openssl ca` with the pkcs11 engine on the same token and requests: no durability and no checks but the requests' signatures.
sub engine_config($w) {
    my $now = "$w->{dir}/now";
    my ($softhsm) = grep { -f } glob('/usr/lib/*/softhsm/libsofthsm2.so'), '/usr/lib/softhsm/libsofthsm2.so';
    mkdir "$now/$_" for qw(ca ca/certs);
    for ("$now/ca/index.txt", "$now/ca.cnf") { open my $f, '>', $_ or die "$_: $!\n" }
    open my $f, '>', "$now/ca.cnf" or die "$now/ca.cnf: $!\n";
    print $f <<END;
openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
MODULE_PATH = $softhsm
init = 0
[ca]
default_ca = bench
[bench]
database = $now/ca/index.txt
new_certs_dir = $now/ca/certs
certificate = $now/state/anchors/netca-root-rsa.pem
rand_serial = yes
unique_subject = no
default_md = sha256
default_days = 365
policy = names
x509_extensions = leaf
[names]
countryName = supplied
commonName = supplied
[leaf]
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
keyUsage = critical,digitalSignature,nonRepudiation
certificatePolicies = 2.999.2.1
crlDistributionPoints = URI:http://crl.example.com/netca-root-rsa.crl
authorityInfoAccess = caIssuers;URI:http://aia.example.com/netca-root-rsa.crt
END
    close $f or die "$now/ca.cnf: $!\n";
    return "$now/ca.cnf";
}

sub openssl_ca($w, $batch) {
    my @requests = sort glob "$batch->{pem}/*.pem";
    my $r = run('openssl', 'ca', '-config', engine_config($w), '-engine', 'pkcs11', '-keyform', 'engine',
        '-keyfile', 'pkcs11:token=rootseal;object=netca-root-rsa;type=private', '-passin', 'fd:3', '-batch', '-notext',
        '-infiles', @requests);
    my @made = glob "$w->{dir}/now/ca/certs/*.pem";
    die "bench: openssl ca made @{[scalar @made]} of $batch->{n}\n" unless @made == $batch->{n};
    return $r->{wall};
}

sub rsa2048($w, $size, $runs) {
    my $batch = $w->batch('netca', 'p256', $size->{requests}, pem => 1);
    my ($n, @rounds, @raw, @ca) = $batch->{n};
    for my $i (1 .. $runs) {
        $w->begin;
        my @parts = (sub { push @raw, loop($w, 'netca-root-rsa', 'rsa', $n, $cores) },
                     sub { push @rounds, $w->round($batch, sessions => $cores) },
                     sub { push @ca, openssl_ca($w, $batch) });
        $_->() for $i % 2 ? @parts : reverse @parts;
    }
    my %sign = (ours => of('wall', map { $_->{sign} } @rounds), proof => $rounds[0]{sign});
    my %all = (ours => of('wall', map { $_->{all} } @rounds), proof => $rounds[0]{all});
    return (
        Figure->new(name => 'rsa2048-sign', text => "RSA-2048, $n P-256 requests: sign / C_Sign", theirs => \@raw, goal => '>= 0.85',
            %sign),
        Figure->new(name => 'rsa2048-all', text => 'plan, sign and export / C_Sign', theirs => \@raw, goal => '>= 0.75', %all),
        Figure->new(name => 'openssl-ca-sign', text => 'sign / openssl ca, pkcs11 engine', theirs => \@ca, %sign),
        Figure->new(name => 'openssl-ca-all', text => 'plan, sign and export / openssl ca', theirs => \@ca, goal => '>= 2', %all),
    );
}

sub rsa4096($w, $size, $runs) {
    my $batch = $w->batch('netca4', 'p256', $size->{rsa4096});
    my ($n, @rounds, @raw) = $batch->{n};
    for my $i (1 .. $runs) {
        $w->begin;
        push @raw, loop($w, 'netca4-root-rsa', 'rsa', $n, $cores);
        push @rounds, $w->round($batch, sessions => $cores);
    }
    return Figure->new(name => 'rsa4096-sign', text => "RSA-4096, $n P-256 requests: sign / C_Sign", theirs => \@raw,
        goal => '>= 0.97', ours => of('wall', map { $_->{sign} } @rounds), proof => $rounds[0]{sign});
}

sub sm2($w, $size, $runs) {
    my $batch = $w->batch('smartca', 'sm2', $size->{requests});
    my ($n, @rounds, @raw, @bound) = $batch->{n};
    for my $i (1 .. $runs) {
        $w->begin;
        push @bound, $n / raw('bound', $size->{bound}, $cores);
        push @raw, loop($w, 'smartca-root-sm2', 'sm2', $n, $cores);
        push @rounds, $w->round($batch, sessions => $cores);
    }
    return (
        Figure->new(name => 'sm2-all', text => "SM2, $n SM2 requests: all three / one sign, two verifies", theirs => \@bound,
            ours => of('wall', map { $_->{all} } @rounds), goal => '>= 0.90', proof => $rounds[0]{all}),
        Figure->new(name => 'sm2-sign', text => 'sign / C_Sign', theirs => \@raw,
            ours => of('wall', map { $_->{sign} } @rounds), proof => $rounds[0]{sign}),
    );
}

# Each C_Sign answers late, as over a bus or a network: what counts then is that every session has something to do.
my ($MS, $SESSIONS) = (5, 8);
sub latency($w, $size, $runs) {
    my $batch = $w->batch('netca', 'p256', $size->{latency});
    my $faulty = "$ENV{PWD}/$build/faulty.so";
    my @slow = ('env', "FAULTY_MODULE=$w->{module}", 'FAULTY_CALL=C_Sign', "FAULTY_ANSWER=delay:$MS");
    my ($n, @rounds) = $batch->{n};
    for my $i (1 .. $runs) {
        $w->begin;
        push @rounds, $w->round($batch, sessions => $SESSIONS, module => $faulty, front => \@slow);
    }
    return Figure->new(name => 'latency-sign', text => "$MS ms a C_Sign, $SESSIONS sessions, $n requests: sign / $SESSIONS in $MS ms",
        theirs => [($n * $MS / 1000 / $SESSIONS) x $runs], ours => of('wall', map { $_->{sign} } @rounds), goal => '>= 0.97',
        proof => $rounds[0]{sign});
}

sub figures($class) {
    return ([rsa2048 => \&rsa2048], [rsa4096 => \&rsa4096], [sm2 => \&sm2], [latency => \&latency]);
}

1;
