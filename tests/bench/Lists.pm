# Lists.pm - the status of many certificates: a full revocation list beside `openssl ca -gencrl`, and OCSP responses made in advance
# beside a bare loop of C_Sign.
package Lists;
use v5.36;
use List::Util qw(min);
use Figure;
use Run qw(run must of);
use Signing qw(loop);
use World;

my $build = $ENV{ROOTSEAL_BUILD} // 'build';
my $cores = `nproc` + 0;
my $LOOP_MAX = 20_000;    # a bare loop is as fast at its end as at its beginning

# openssl's database of the entries that tests/status/make.c has: serial numbers of 16 bytes, reasons in turn.
sub gencrl_scene($dir, $n) {
    my @reasons = qw(unspecified keyCompromise CACompromise affiliationChanged superseded cessationOfOperation);
    must('mkdir', '-p', $dir);
    must('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=bench', '-keyout', "$dir/ca.key",
        '-out', "$dir/ca.pem");
    open my $db, '>', "$dir/index.txt" or die "$dir: $!\n";
    for my $i (0 .. $n - 1) {
        my $reason = $i % 6 ? ",$reasons[$i % 6]" : '';
        printf $db "R\t351231000000Z\t260528000000Z$reason\t40000000%016X00000000\tunknown\t/CN=%d\n", $i, $i;
    }
    close $db or die "$dir: $!\n";
    open my $number, '>', "$dir/number" or die "$dir: $!\n";
    say $number '01';
    close $number or die "$dir: $!\n";
    open my $conf, '>', "$dir/ca.cnf" or die "$dir: $!\n";
    print $conf <<END;
[ca]
default_ca = bench
[bench]
database = $dir/index.txt
crlnumber = $dir/number
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_crl_days = 7
crl_extensions = extensions
unique_subject = no
[extensions]
authorityKeyIdentifier = keyid
END
    close $conf or die "$dir: $!\n";
}

# Ours is written, read back by the linter, signed with a key in software, assembled and verified, by the product's own parts; it
# is no whole batch, and the program makes its key first, which is not counted.
sub crl($w, $size, $runs) {
    my $n = $size->{crl};
    my ($dir, @ours, @theirs) = "$w->{dir}/crl";
    gencrl_scene($dir, $n);
    for my $i (1 .. $runs) {
        my $r = run("$build/test/status", 'crl', $n, $dir, 'rsa');
        ($r->{list}) = $r->{out} =~ /^rsa: $n entries, .* ([\d.]+) s$/m or die "bench: not all is in the list\n$r->{out}";
        push @ours, $r;
        push @theirs, run('openssl', 'ca', '-config', "$dir/ca.cnf", '-gencrl', '-out', "$dir/theirs.crl");
    }
    my $count = 'openssl asn1parse -in "$1" | grep -c ":40000000[0-9A-F]\{24\}$"';
    my $entries = must('bash', '-c', $count, 'bash', "$dir/theirs.crl") + 0;
    die "bench: openssl wrote $entries of $n entries\n" unless $entries == $n;
    return (
        Figure->new(name => 'crl-time', text => "CRL of $n / openssl ca -gencrl", goal => '<= 0.25', ours => of('list', @ours),
            theirs => of('wall', @theirs)),
        Figure->new(name => 'crl-memory', text => 'its memory', unit => 'KiB', goal => '<= 0.10', ours => of('peak', @ours),
            theirs => of('peak', @theirs)),
    );
}

# A state with so many certificates, of which none is revoked; the responder's key is an SM2 key.
sub ocsp($w, $size, $runs) {
    my $issued = $w->issued($w->batch('cwca', 'p256', $size->{ocsp}), sessions => $cores);
    my ($n, @rounds, @raw) = $size->{ocsp};
    my $few = min($n, $LOOP_MAX);
    for my $i (1 .. $runs) {
        $w->begin($issued->{kept});
        push @raw, loop($w, 'cwca-ocsp-sm2', 'sm2', $few, $cores) * $n / $few;
        my $plan = World::names($w->counted_step('ocsp', $w->program('signer'), 'ocsp', '--state', $w->state, '--authority', 'cwca'));
        push @rounds, $w->follow($plan, $n, sessions => $cores, expect => qr/^lists +1$/m);
    }
    return (
        Figure->new(name => 'ocsp-sign', text => "$n OCSP responses, SM2: sign / C_Sign", theirs => \@raw, goal => '>= 0.85',
            ours => of('wall', map { $_->{sign} } @rounds), proof => $rounds[0]{sign}),
        Figure->new(name => 'ocsp-all', text => 'plan, sign and export / C_Sign', theirs => \@raw,
            ours => of('wall', map { $_->{all} } @rounds), proof => $rounds[0]{all}),
    );
}

sub figures($class) { return ([crl => \&crl], [ocsp => \&ocsp]) }

1;
