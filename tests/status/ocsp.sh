#!/bin/bash
# ocsp.sh PROGRAM - a tree of OCSP responses made in advance lies behind nginx as Debian has it, with no more than a root in its
# configuration. Every response is asked for by GET (RFC 5019 5), with the slashes of the base64 escaped and not; openssl
# makes the RSA requests and judges the answers, our own reader judges all.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: ocsp.sh PROGRAM" >&2; exit 2; }
program=$(realpath "$1")
cd "$(dirname "$0")"
work=$(mktemp -d)
chmod 755 "$work"
passed=0 failed=0
stop() {
    [ ! -s "$work/pid" ] || kill "$(cat "$work/pid")" || true
    rm -rf "$work"
}
trap stop EXIT
ok() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@" >"$work/said" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)) && echo "FAIL $what: $(tail -n 3 "$work/said")"; fi
}
export FAKE='2026-05-29 00:00:00'

"$program" ocsp "$work" >/dev/null
# A socket of its own folder: no port to collide with.
sed "s|@WORK@|$work|g" nginx.conf >"$work/nginx.conf"
nginx -c "$work/nginx.conf" -e "$work/error.log"
get() { # CA TEXT-OF-REQUEST FILE
    curl -sS --fail --path-as-is --unix-socket "$work/socket" -o "$3" -D "$3.head" "http://ocsp.example/$1/$2" &&
        grep -qi '^content-type: application/ocsp-response' "$3.head"
}
escaped() { sed 's|/|%2F|g; s|+|%2B|g; s|=|%3D|g'; }
own_check() { faketime "$FAKE" "$program" check "$work/$1.pem" "$work/answer" "$2" "$3"; }
stock_check() { # SERIAL STATUS: openssl says so, and nothing against it
    local status=$2 reason=.
    [ "$status" != hold ] || status=revoked reason='Reason: certificateHold'
    faketime "$FAKE" openssl ocsp -issuer "$work/rsa.pem" -serial "0x$1" -no_nonce -respin "$work/answer" -CAfile "$work/rsa.pem" \
        >"$work/stock" 2>&1 || return 1
    cat "$work/stock"
    [ "$(grep -c WARNING "$work/stock")" = 0 ] && grep -q 'Response verify OK' "$work/stock" &&
        grep -q "^0x$1: $status\$" "$work/stock" && grep -q "$reason" "$work/stock"
}
refused() { # WHAT COMMAND...: the command must fail
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then failed=$((failed + 1)) && echo "FAIL $what"
    else passed=$((passed + 1)); fi
}

while read -r ca serial status _; do
    openssl ocsp -issuer "$work/$ca.pem" -serial "0x$serial" -no_nonce -reqout "$work/request" >/dev/null 2>&1
    text=$(base64 -w0 "$work/request")
    for form in "$text" "$(escaped <<<"$text")"; do
        rm -f "$work/answer"
        ok "$ca $serial: GET $form" get "$ca" "$form" "$work/answer"
        ok "$ca $serial: our own reader" own_check "$ca" "$serial" "$status"
    done
    [ "$ca" != rsa ] || ok "$ca $serial: openssl ocsp" stock_check "$serial" "$status"
done <"$work/list"

# Of a certificate that nobody issued there is no answer, nor of one at another CA.
refused "a request about nothing" get rsa "$(head -c 87 /dev/urandom | base64 -w0)" "$work/answer"
refused "a request to another CA" get sm2 "$(sed -n 's/^rsa .* //p' "$work/list" | head -n 1)" "$work/answer"
# The answer of last week, of another certificate, with another status.
read -r ca serial status path < <(grep '^sm2 .* good' "$work/list")
cp "$work/www/$ca/$path" "$work/answer"
ok "the right one" own_check "$ca" "$serial" "$status"
refused "another serial number" own_check "$ca" "${serial}00" "$status"
refused "another status" own_check "$ca" "$serial" revoked
refused "another CA" own_check rsa "$serial" "$status"
FAKE='2026-06-06 00:00:00'
refused "an answer of last week" own_check "$ca" "$serial" "$status"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 100 ]
