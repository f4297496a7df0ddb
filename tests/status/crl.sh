#!/bin/bash
# crl.sh PROGRAM N - a CRL with N entries is written, linted, signed, assembled and verified in the memory that one with a
# thousand takes, and OpenSSL reads it and finds the same. The figures are printed.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: crl.sh PROGRAM N" >&2; exit 2; }
program=$1 n=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
ok() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@" >"$work/said" 2>&1; then passed=$((passed + 1)) && echo "ok   $what"
    else failed=$((failed + 1)) && echo "FAIL $what: $(tail -n 3 "$work/said")"; fi
}
peak() { sed -n 's/^peak \([0-9]*\) kB$/\1/p' "$work/$1.txt"; }

make_lists() { "$program" crl "$1" "$work/$2" >"$work/$2.txt"; }
text_entries() { openssl crl -inform DER -in "$1" -noout -text | grep -c 'Serial Number: '; }
parsed_entries() { openssl asn1parse -inform DER -in "$1" | grep -c ':40000000.\{24\}$'; }

mkdir "$work/few" "$work/many"
ok "1000 entries" make_lists 1000 few
ok "$n entries" make_lists "$n" many
grep -h "entries\|^peak" "$work/few.txt" "$work/many.txt"
ok "the memory is that of a thousand, and at most 2 MB more" test "$(peak many)" -lt $(($(peak few) + 2048))
ok "OpenSSL verifies the RSA list" openssl crl -inform DER -in "$work/many/rsa.crl" -CAfile "$work/many/rsa.pem" -noout
ok "OpenSSL finds all in the RSA list" test "$(text_entries "$work/many/rsa.crl")" = "$n"
ok "OpenSSL finds all in the SM2 list" test "$(parsed_entries "$work/many/sm2.crl")" = "$n"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
