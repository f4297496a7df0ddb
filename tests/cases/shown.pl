#!/usr/bin/perl
# shown.pl ID SHOWN CERTIFICATE - compares what `ceremony show` said (the file SHOWN) of the request ID with the certificate
# that came of it, as openssl x509 and certtool read it, field by field. Silent when all agree; else the differences.
use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8);
binmode STDOUT, ':utf8';
$ENV{TZ} = 'UTC';
my ($id, $shown, $cert) = @ARGV;
my %usage = (
    digitalSignature => 'Digital Signature', nonRepudiation => 'Non Repudiation', keyEncipherment => 'Key Encipherment',
    dataEncipherment => 'Data Encipherment', keyAgreement => 'Key Agreement');
my %purpose = (serverAuth => 'TLS Web Server Authentication', clientAuth => 'TLS Web Client Authentication');
my %extension = ( # certtool's, openssl's and our names
    'Authority Key Identifier' => 'authorityKeyIdentifier', 'Subject Key Identifier' => 'subjectKeyIdentifier',
    'Key Usage' => 'keyUsage', 'Certificate Policies' => 'certificatePolicies', 'Extended Key Usage' => 'extendedKeyUsage',
    'Subject Alternative Name' => 'subjectAltName', 'Key Purpose' => 'extendedKeyUsage',
    'CRL Distribution points' => 'cRLDistributionPoints', 'CRL Distribution Points' => 'cRLDistributionPoints',
    'Authority Information Access' => 'authorityInfoAccess');

sub lines { open(my $h, '-|', @_) or die "$_[0]: $!"; my @l = map { decode_utf8($_) } <$h>; close($h) or die "@_ failed"; chomp @l; return @l; }
sub add { my ($to, $field, $value) = @_; push @{$to->{$field}}, $value; }

# -- what was shown --

sub unescape { # what text_escape() did
    my $t = shift;
    $t =~ s/\\(?:u\{([0-9A-F]+)\}|x\{([0-9A-F]{2})\}|(\\))/defined $1 ? chr hex $1 : defined $2 ? chr hex $2 : '\\'/ge;
    return $t;
}
my %shown;
{
    open(my $h, '<', $shown) or die "$shown: $!";
    my ($mine, $ext) = (0, '');
    while (<$h>) {
        chomp;
        $mine = $1 eq $id if /^sign \d+  (.*)/;
        last if /^plan /;
        next unless $mine;
        if (/^        (.*)/) { add(\%shown, $ext, unescape($1)) }
        elsif (/^    extension    (\w+)(, critical)?$/) { $ext = $1; add(\%shown, 'extensions', $ext . ($2 // '')) }
        elsif (/^    (issuer|subject) +(.*)/) { add(\%shown, $1, unescape($2)) }
        elsif (/^    (\w[\w -]*?) {2,}(.*)/ || /^    (key SHA-256) (.*)/) { add(\%shown, $1, $2) }
    }
}

# -- what openssl reads --

my %openssl;
my ($at, @all) = ('');
for (lines('openssl', 'x509', '-in', $cert, '-noout', '-subject', '-issuer', '-serial', '-startdate', '-enddate', '-dateopt',
           'iso_8601', '-nameopt', 'utf8,sep_multiline,space_eq,sname', '-ext', join(',', qw(subjectAltName keyUsage
           extendedKeyUsage certificatePolicies crlDistributionPoints authorityInfoAccess subjectKeyIdentifier
           authorityKeyIdentifier)))) {
    if (/^(subject|issuer)=$/) { $at = $1 }
    elsif (/^serial=(.*)/) { add(\%openssl, 'serial', lc $1) }
    elsif (/^not(Before|After)=(\S+) (\S+)$/) { add(\%openssl, $1 eq 'Before' ? 'from' : 'to', "$2T$3") }
    elsif (/^(?:X509v3 )?([A-Z][\w ]+?): ?(critical)? ?$/) { $at = $extension{$1} // $1; add(\%openssl, 'extensions', $at . ($2 ? ', critical' : '')) }
    elsif (/^ +Full Name:$/) { }
    elsif (/^ +(.*?) *$/) { add(\%openssl, $at, $_) for $at eq 'subject' || $at eq 'issuer' ? $1 : split(/, /, $1) }
}
{
    my ($sha) = lines('sh', '-c', 'openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r', 'sh', $cert);
    add(\%openssl, 'key SHA-256', substr($sha, 0, 64));
}

# -- what certtool reads --

my %certtool;
my %month; @month{qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)} = 1 .. 12;
$at = '';
for (lines('certtool', '-i', '--infile', $cert)) {
    if (/^\tSerial Number \(hex\): (.*)/) { add(\%certtool, 'serial', $1) }
    elsif (/^\t\tNot (Before|After): \w+ (\w+) +(\d+) ([\d:]+) UTC (\d+)/) {
        add(\%certtool, $1 eq 'Before' ? 'from' : 'to', sprintf('%s-%02d-%02dT%sZ', $5, $month{$2}, $3, $4));
    } elsif (/^\t(Issuer|Subject): (.*)/) { # RFC 4514: the last one first, and what is special escaped
        my ($field, $dn, @parts) = (lc $1, $2);
        push @parts, $1 while $dn =~ /\G((?:[^\\,]|\\.)+),?/g;
        for (reverse @parts) { s/\\(.)/$1/g; s/=/ = /; add(\%certtool, $field, $_) }
    } elsif (/^\t\t([A-Z][\w ]+) \((not )?critical\):$/) {
        $at = $extension{$1} // $1;
        add(\%certtool, 'extensions', $at . ($2 ? '' : ', critical'));
    } elsif (/^\t\t\t(.*)/ && $at ne '') { add(\%certtool, $at, $1) }
    elsif (/^\tSignature/) { $at = '' }
}

# -- compared --

my $bad = 0;
sub same {
    my ($who, $field, $ours, $theirs) = @_;
    my ($a, $b) = map { join("\n", @{$_ // []}) } $ours, $theirs;
    return if $a eq $b && $a ne '';
    print "$id: $who reads another $field:\n--- shown\n$a\n--- $who\n$b\n";
    $bad = 1;
}
# How the others write a line of ours.
my %as = (
    authorityKeyIdentifier => [sub { uc(substr($_[0], 4)) =~ s/..\K(?=.)/:/gr }, sub { substr($_[0], 4) }],
    keyUsage => [sub { $usage{$_[0]} }, sub { ucfirst(lc $usage{$_[0]}) . '.' }],
    extendedKeyUsage => [sub { $purpose{$_[0] =~ s/ .*//r} }, sub { $purpose{$_[0] =~ s/ .*//r} =~ s/Web (\w+) .*/WWW $1./r }],
    certificatePolicies => [sub { "Policy: $_[0]" }, sub { $_[0] }],
    subjectAltName => [sub { $_[0] =~ s/^dns:/DNS:/r =~ s/^ip:/IP Address:/r }, sub { $_[0] =~ s/^dns:/DNSname: /r =~ s/^ip:/IPAddress: /r }],
    cRLDistributionPoints => [sub { $_[0] =~ s/^uri:/URI:/r }, sub { $_[0] =~ s/^uri:/URI: /r }],
    authorityInfoAccess => [sub { $_[0] =~ s/^caIssuers \S+ uri:/CA Issuers - URI:/r =~ s/^OCSP \S+ uri:/OCSP - URI:/r },
                            sub { my ($m, $oid, $uri) = $_[0] =~ /^(\w+) \((\S+)\) uri:(.*)/;
                                  ("Access Method: $oid (id-ad-" . ($m eq 'OCSP' ? 'ocsp' : $m) . ')', "Access Location URI: $uri") }]);
$as{subjectKeyIdentifier} = $as{authorityKeyIdentifier};
my %in_order = map { $_ => [@{$shown{$_} // []}] } keys %shown;
$_ = [map { s/ \((?:Printable|UTF8|IA5)String\)//r } @$_] for @in_order{qw(issuer subject)}; # string types are not theirs to say
for my $field (qw(serial from to issuer subject)) {
    same('openssl', $field, $in_order{$field}, $openssl{$field});
    same('certtool', $field, $in_order{$field}, $certtool{$field});
}
same('openssl', 'key', $shown{'key SHA-256'}, $openssl{'key SHA-256'});
same('openssl', 'extensions', [sort @{$shown{extensions}}], [sort @{$openssl{extensions}}]);
same('certtool', 'extensions', $shown{extensions}, $certtool{extensions});
for my $field (@{$shown{extensions}}) {
    (my $name = $field) =~ s/, critical//;
    my @ours = @{$shown{$name} // []};
    my $map = $as{$name};
    if (!$map) { print "$id: $field is not compared\n"; $bad = 1; next }
    same('openssl', $name, [map { $map->[0]->($_) } @ours], $openssl{$name});
    same('certtool', $name, [map { $map->[1]->($_) } @ours], $certtool{$name}) if $map->[1];
}
exit $bad;
