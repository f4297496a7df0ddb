#!/bin/bash
# run.sh - every program on its main way, under valgrind: a batch with what is issued and what is refused, one that
# revokes, and what the RA and the auditor do with them. No process may use memory wrongly, lose it, or depend on what
# it never wrote. Ends `N passed, N failed`. What valgrind said stands in BUILD/test/valgrind/NAME.said.
#
# The programs go without Landlock and filters there (calls.c), and without sanitizers, which would be in the way.
set -euo pipefail
# shellcheck source=tests/script.sh
. "$(dirname "$0")/../script.sh"
[ -z "$SAN" ] || { echo "valgrind and sanitizers refuse each other" >&2; exit 2; }
C=$ROOT/$BUILD/test/valgrind
rm -rf "$C"
mkdir -p "$C/medium/in" "$C/medium/out" "$C/keys" "$C/logs" "$C/requests"
S=$C/state IN=$C/medium/in/first OUT=$C/medium/out LOGS=$C/logs
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh

# Each process of a program says for itself what is wrong. SQLite holds its pages by pointers into them, which valgrind calls
# "possibly lost" when a step ends that was forked while its parent had the index open.
CHECKED=(valgrind -q --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=99)
program() { LD_PRELOAD=$ROOT/$BUILD/test/valgrind-calls.so "${WRAP[@]}" "$VARIANT/$1" "${@:2}"; }
# clean NAME COMMAND...: it ends with status 0, or $WANT, and valgrind has nothing to say of any of its processes.
clean() {
    WRAP=("${CHECKED[@]}" "--log-file=$C/$1.%p")
    step "$@"
    WRAP=()
    find "$C" -maxdepth 1 -name "$1.[0-9]*" -exec cat {} + > "$C/$1.said"
    find "$C" -maxdepth 1 -name "$1.[0-9]*" -delete
    check "$1" quiet "$1"
}
quiet() { # NAME
    [ ! -s "$C/$1.said" ] || { cat "$C/$1.said"; return 1; }
    [ "$STATUS" -eq "${WANT:-0}" ] || { cat "$LAST.err"; return 1; }
}

# What is looked for is found.
VARIANT=$C
gcc -g -x c -o "$C/unwritten" - <<- 'END'
	#include <stdlib.h>
	int main(void) { char *p = malloc(1); int r = *p == 'x' ? 1 : 0; free(p); return r; }
END
gcc -g -x c -o "$C/lost" - <<- 'END'
	#include <stdlib.h>
	int main(void) { void *volatile p = malloc(1); p = NULL; return p != NULL; }
END
for fault in unwritten lost; do
    WRAP=("${CHECKED[@]}" "--log-file=$C/$fault.said")
    check "it finds what is $fault" not program $fault
done
WRAP=()
VARIANT=$BIN

cp -a "$W/state" "$S"
cp -a "$W/tokens" "$C/tokens"
sed "s|^directories.tokendir = .*|directories.tokendir = $C/tokens|" "$W/softhsm2.conf" > "$C/softhsm2.conf"
export SOFTHSM2_CONF=$C/softhsm2.conf

# from PLAN to the RA's import: NAME
whole_way() {
    clean "$1-plan" signer plan --state "$S" --from "$IN"
    INTAKE=$(awk '$1 == "batch" { print $2; exit }' "$LAST.out")
    PLAN=$(awk '$1 == "plan" { print $2; exit }' "$LAST.out")
    clean "$1-authorise-1" authorise officer-1
    clean "$1-authorise-2" authorise officer-2
    clean "$1-sign" with_pin signer sign --state "$S" --batch "$INTAKE"
    clean "$1-export" signer export --state "$S" --batch "$INTAKE" --to "$OUT"
    BUNDLE=$(sed -n 's/^bundle *//p' "$LAST.out")
    clean "$1-import" ra import --bundle "$BUNDLE" --batch "$IN" --anchors "$S/anchors" --out "$C/imported"
}

csr p-1 p256 /C=CN/CN=One
csr p-2 rsa:1024 /C=CN/CN=Small
csr p-3 sm2 /C=CN/CN=Three
cp "$C"/keys/p-?.csr "$C/requests/"
clean new ra new --dir "$IN" --authority "$AUTHORITY" --ra "$RA" --id "$ID" --sequence 1
clean add ra add --dir "$IN" --profile person-sign "$C/requests"
clean add-again ra add --dir "$IN" --profile person-sign "$C/requests"
csr p-4 p256 /C=CN/CN=Four
world_person "$C" partner p256
"$ROOT/tests/cases/cmc.py" make "$C/data" "tcr:7:$C/keys/p-4.csr" transactionId:1:5 senderNonce:2:00
openssl cms -sign -binary -nodetach -econtent_type 1.3.6.1.5.5.7.12.2 -outform DER -signer "$C/partner.pem" \
    -inkey "$C/partner.key" -passin "pass:$WORLD_PASS" -in "$C/data" -out "$C/order.p7"
clean cmc-in ra cmc-in --dir "$IN" --signer "$C/partner.pem" --keep "$C/kept" --profile person-sign "$C/order.p7"
for person in gz-entry-2 gz-review-2; do
    # shellcheck disable=SC2094 # the digest is of another file
    clean "approve-$person" ra approve --dir "$IN" --person "$person" --key "$PEOPLE/$person.key" \
        --digest "$(world_root "$IN/batch.jsonl")" --pass-fd 3 3<<< "$WORLD_PASS"
done
WANT=1 clean ra-check ra check --dir "$IN"
whole_way first
clean cmc-out ra cmc-out --batch "$IN" --bundle "$BUNDLE" --anchors "$S/anchors" --signer "$PEOPLE/gz-entry-2.pem" \
    --key "$PEOPLE/gz-entry-2.key" --pass-fd 3 --out "$C/response" "$C/kept/order.cmc" 3<<< "$WORLD_PASS"
serial=$(jq -r 'select(.decision == "issued").serial' "$BUNDLE/results.jsonl" | head -n 1)
FIRST=$BUNDLE
another second
when=$(utc)
line "{\"id\":\"v-1\",\"op\":\"revoke\",\"serial\":\"$serial\",\"by\":\"operator\",\"reason\":\"key-leaked\",\"requested-at\":\"$when\"}"
batch "$IN"
# one person in the form of GM/T 0010, the other with a key on an own token
APPROVED=$(world_root "$IN/batch.jsonl")
# shellcheck disable=SC2094 # the digest is of another file
clean approve-gmt0010 ra approve --dir "$IN" --person gz-entry-2 --key "$PEOPLE/gz-entry-2.key" --digest "$APPROVED" \
    --form gmt0010 --pass-fd 3 3<<< "$WORLD_PASS"
cp -a "$W/persons/tokens" "$C/persons"
sed "s|^directories.tokendir = .*|directories.tokendir = $C/persons|" "$W/persons/softhsm2.conf" > "$C/persons.conf"
SOFTHSM2_CONF=$C/persons.conf clean approve-token ra approve --dir "$IN" --person gz-review-3 --key pkcs11:token=gz-review-3 \
    --module "$MODULE" --digest "$APPROVED" --pin-fd 3 3<<< "$WORLD_PIN-own"
whole_way second
clean audit-verify audit verify --state "$S" --anchors "$W/state/anchors"
mkdir "$C/published"
openssl genpkey -algorithm ed25519 -aes-256-cbc -pass "pass:$WORLD_PASS" -out "$C/keys/publication.key"
clean audit-tiles audit tiles --state "$S" --anchors "$W/state/anchors" --to "$C/published" --origin log.example.com \
    --key "$C/keys/publication.key" --pass-fd 3 3<<< "$WORLD_PASS"
clean audit-check-tiles audit check-tiles --vkey "$(sed -n 's/^key  *//p' "$LAST.out")" --anchors "$W/state/anchors" --state "$S" "$C/published"
clean audit-log audit verify --log "$S/audit.jsonl" --anchors "$W/state/anchors"
clean audit-evidence audit evidence --state "$S" --anchors "$W/state/anchors" --serial "$serial"
cp "$LAST.out" "$C/evidence.txt"
clean audit-check-evidence audit check-evidence --anchors "$W/state/anchors" "$C/evidence.txt"
clean audit-consistency audit consistency --state "$S" --anchors "$W/state/anchors" "$FIRST/seal.json" "$BUNDLE/seal.json"
clean audit-status audit status --state "$S" --anchors "$W/state/anchors"
check "the revocation came through" grep -q ',revoked,' "$LAST.out"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
