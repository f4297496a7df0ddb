#!/bin/bash
# gmt0010.sh KEY CERT TEXT OUT - a detached signature in the form of GM/T 0010 by stock openssl alone: dgst signs with SM2,
# asn1parse lays it out. The certificate's issuer is a common name. In the environment:
#   PASS         the key's passphrase
#   ATTRIBUTES   "no": the text itself is signed, and there are no signed attributes
#   PARAMETERS   "no": algorithms without NULL
#   SIGNED_DATA, DATA, SAID, DIGEST, SIGNATURE   other object identifiers than the standard's; SAID is the content-type attribute's
set -euo pipefail
key=$1 cert=$2 text=$3 out=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
sign() { openssl dgst -sm3 -sigopt distid:1234567812345678 -sign "$key" -passin "pass:${PASS:-}" -out "$work/signature" "$1"; }
attributes() {
    cat << END
[attributes]
type = SEQUENCE:type
digest = SEQUENCE:said
[type]
type = OID:1.2.840.113549.1.9.3
values = SET:types
[types]
one = OID:${SAID:-1.2.156.10197.6.1.4.2.1}
[said]
type = OID:1.2.840.113549.1.9.4
values = SET:digests-said
[digests-said]
one = FORMAT:HEX,OCTETSTRING:$(openssl dgst -sm3 -r "$text" | cut -c1-64)
END
}

null="parameters = NULL" signed_attributes="attributes = IMPLICIT:0,SET:attributes"
if [ "${PARAMETERS:-}" = no ]; then null=; fi
if [ "${ATTRIBUTES:-}" = no ]; then
    signed_attributes=
    sign "$text"
else
    { echo "asn1 = SET:attributes"; attributes; } > "$work/attributes.cnf"
    openssl asn1parse -genconf "$work/attributes.cnf" -noout -out "$work/attributes"
    sign "$work/attributes"
fi
cat > "$work/all.cnf" << END
asn1 = SEQUENCE:info
[info]
type = OID:${SIGNED_DATA:-1.2.156.10197.6.1.4.2.2}
content = EXPLICIT:0,SEQUENCE:data
[data]
version = INTEGER:1
digests = SET:digests
content = SEQUENCE:content
signers = SET:signers
[digests]
one = SEQUENCE:digest
[digest]
algorithm = OID:${DIGEST:-1.2.156.10197.1.401}
$null
[content]
type = OID:${DATA:-1.2.156.10197.6.1.4.2.1}
[signers]
one = SEQUENCE:signer
[signer]
version = INTEGER:1
who = SEQUENCE:who
digest = SEQUENCE:digest
$signed_attributes
algorithm = SEQUENCE:algorithm
signature = FORMAT:HEX,OCTETSTRING:$(hex "$work/signature")
[algorithm]
algorithm = OID:${SIGNATURE:-1.2.156.10197.1.301.1}
$null
[who]
issuer = SEQUENCE:issuer
serial = INTEGER:0x$(openssl x509 -in "$cert" -noout -serial | cut -d= -f2)
[issuer]
rdn = SET:rdn
[rdn]
one = SEQUENCE:name
[name]
type = OID:2.5.4.3
value = UTF8:$(openssl x509 -in "$cert" -noout -issuer -nameopt RFC2253 | sed 's/^issuer=CN=//')
END
if [ -n "$signed_attributes" ]; then attributes >> "$work/all.cnf"; fi
openssl asn1parse -genconf "$work/all.cnf" -noout -out "$out"
