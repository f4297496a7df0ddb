#!/bin/bash
# softhsm-sm2.sh BUILD: checks the software token that signs SM2, as stock clients see it.
# Needs softhsm2, opensc, openssl, valgrind and a C compiler (CC, else gcc).
set -euo pipefail

build=$(cd "${1:?usage: softhsm-sm2.sh BUILD}" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cc=${CC:-gcc}
module=$build/softhsm-sm2.so
inner=$build/softhsm-sm2-inner.so
probe=$build/test/sm2probe
id=1234567812345678
pin=4711
plain=
for p in /usr/lib/*/softhsm/libsofthsm2.so /usr/lib/softhsm/libsofthsm2.so; do
    if [ -f "$p" ]; then plain=$p; break; fi
done
[ -n "$plain" ] || { echo "libsofthsm2.so not found: install softhsm2" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' \
    "$work" > softhsm2.conf
export SOFTHSM2_CONF=$work/softhsm2.conf

passed=0
failed=0
# check NAME COMMAND...: the command must succeed.
check() {
    local name=$1
    shift
    if "$@" > out 2> err; then
        echo "ok    $name"
        passed=$((passed + 1))
    else
        echo "FAIL  $name"
        sed 's/^/      | /' out err | tail -20
        failed=$((failed + 1))
    fi
}
not() { ! "$@"; }

# A program with AddressSanitizer cannot give the module a scope of its own: preload the inner.
preload() {
    local runtime
    runtime=$(ldd "$1" | awk '/libasan/ { print $3 }')
    if [ -n "$runtime" ] || grep -q __asan_init "$1"; then
        echo "${runtime:+$runtime }$inner"
    fi
}
# run_probe PROBE [WRAPPER...] -- ARGUMENTS
run_probe() {
    local program=$1 wrapper=()
    shift
    while [ "$1" != -- ]; do wrapper+=("$1"); shift; done
    shift
    echo "$pin" | env LD_PRELOAD="$(preload "$program")" "${wrapper[@]}" \
        "$program" "$module" sm2test "$@"
}
sm2() { run_probe "$probe" -- "$@"; }

tool() { pkcs11-tool --module "$1" --token-label sm2test --login --pin $pin "${@:2}"; }
# The same pkcs11-tool command through both modules: output and exit status.
both() {
    local rc m
    for m in plain module; do
        rc=0
        tool "${!m}" "$@" > "$m.txt" 2>&1 || rc=$?
        echo "exit $rc" >> "$m.txt"
    done
}
same() { both "$@"; [ "$(wc -l < plain.txt)" -gt 2 ] && diff plain.txt module.txt; }
same_mechanisms() {
    both --list-mechanisms
    [ "$(diff plain.txt module.txt | grep -c '^> .*0xFFFFF00[12],')" = 2 ] &&
        diff plain.txt <(grep -v 0xFFFFF00 module.txt)
}
rsa_agrees() {
    local m
    for m in plain module; do
        tool "${!m}" --sign --mechanism SHA256-RSA-PKCS --id 01 -i message -o "rsa.$m"
    done
    cmp rsa.plain rsa.module
}
ec_agrees() {
    tool "$module" --sign --mechanism ECDSA --id 02 -i digest -o ec.sig --signature-format openssl
    tool "$plain" --read-object --type pubkey --id 02 -o ec.der
    openssl pkeyutl -verify -pubin -inkey ec.der -keyform DER -in digest -sigfile ec.sig
}

softhsm2-util --init-token --free --label sm2test --pin $pin --so-pin 12345678 > /dev/null
echo 'to be signed' > message
openssl dgst -sha256 -binary message > digest

# RSA and P-256 keys made through our module; the plain one must see no difference.
check 'RSA key pair through the module' tool "$module" --keypairgen --key-type rsa:2048 \
    --label rsa --id 01
check 'P-256 key pair through the module' tool "$module" --keypairgen --key-type EC:prime256v1 \
    --label ec --id 02
check 'pkcs11-tool --test is the same' same --test
check 'pkcs11-tool -O is the same' same --list-objects
check 'pkcs11-tool -M adds the vendor mechanisms only' same_mechanisms
check 'RSA signatures are the same' rsa_agrees
check 'a P-256 signature verifies with openssl' ec_agrees

# The SM2 key.
check 'SM2 key pair by the vendor mechanism' sm2 keygen signer
sm2 attrs signer > attrs.txt || true
for a in sensitive=1 always-sensitive=1 never-extractable=1 local=1 extractable=0; do
    check "the SM2 private key has $a" grep -qx "$a" attrs.txt
done
both --list-objects --type privkey
check 'pkcs11-tool calls it sensitive and never extractable' awk -v RS='Private Key Object' \
    '/label: +signer/ && /sensitive, always sensitive, never extractable, local/ { ok = 1 }
     END { exit !ok }' module.txt
check 'its public key can be read' sm2 pubkey signer pub.der

verify() {
    openssl dgst -sm3 -verify pub.der -keyform DER -sigopt "distid:$1" -signature "$2" "$3"
}
verify_pkeyutl() {
    openssl pkeyutl -verify -pubin -inkey pub.der -keyform DER -rawin -digest sm3 \
        -pkeyopt "distid:$id" -in message -sigfile message.sig
}
head -c 100000 /dev/urandom > large
: > empty
for f in message large empty; do
    check "signing: $f" sm2 sign signer $f $f.sig
    check "openssl dgst verifies it under $id: $f" verify $id $f.sig $f
done
check 'openssl pkeyutl verifies it' verify_pkeyutl
check 'it does not verify under another ID' not verify 8765432187654321 message.sig message
check 'it does not verify over another message' not verify $id message.sig large
differ() { sm2 sign signer message again.sig && ! cmp -s message.sig again.sig; }
check 'two signatures over one message differ' differ

# Refusals: the probe prints a line a check.
sm2 refusals signer ec rsa > refusals.txt || true
cat refusals.txt
passed=$((passed + $(grep -c '^ok ' refusals.txt || true)))
failed=$((failed + $(grep -c '^FAIL ' refusals.txt || true)))
check 'the refusals ran to their end' grep -q '^ok .*logged out' refusals.txt
no_ecdsa() { # the ID is "signer" in hexadecimal
    ! tool "$module" --sign --mechanism ECDSA --id 7369676e6572 -i digest \
        -o none.sig > none.txt 2>&1 && grep CKR_KEY_TYPE_INCONSISTENT none.txt
}
check 'pkcs11-tool gets no ECDSA from the SM2 key' no_ecdsa

# Threads, other places, other ways to load.
for n in 1 2 4; do
    check "$n sessions in parallel, every signature verified" sm2 parallel signer $n 1500
    sed 's/^/info  /' out
done
mkdir moved
cp "$module" "$inner" moved/
moved() { # and by a relative path
    (cd moved && echo $pin | env LD_PRELOAD="$(preload "$probe")" "$probe" ./softhsm-sm2.so \
        sm2test attrs signer)
}
check 'both libraries work from another folder' moved
check 'no build path in the libraries' not grep -qF "$(dirname "$build")/" "$module" "$inner"
compile() { # DWARF 4: valgrind of Debian 12 cannot read what clang writes by default
    "$cc" -std=c17 -D_GNU_SOURCE -O1 -gdwarf-4 -isystem /usr/include/p11-kit-1 "${@:2}" -o "$1" \
        "$here/sm2probe.c" "$here/sm2refuse.c" -lcrypto
}
compile probe-plain
check 'refused after plain SoftHSM was loaded' ./probe-plain "$module" --after "$plain"
for c in 'sign signer message v.sig' 'parallel signer 2 5' 'refusals signer ec rsa'; do
    # shellcheck disable=SC2086 # the words of a command
    check "valgrind: ${c%% *}" run_probe ./probe-plain valgrind -q --error-exitcode=99 \
        --leak-check=full --errors-for-leak-kinds=definite -- $c
done
compile probe-san -fsanitize=address,undefined -fno-sanitize-recover=all
for c in 'sign signer message a.sig' 'parallel signer 2 500' 'refusals signer ec rsa'; do
    # shellcheck disable=SC2086
    check "sanitizers, inner preloaded: ${c%% *}" run_probe ./probe-san -- $c
done
check 'openssl verifies what the sanitized client signed' verify $id a.sig message
not_preloaded() {
    ! echo $pin | ./probe-san "$module" sm2test attrs signer 2> why && grep LD_PRELOAD why
}
check 'sanitizers without the inner preloaded: refused, with the reason' not_preloaded
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
