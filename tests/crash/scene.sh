#!/bin/bash
# scene.sh DIR - makes what the sweeps begin from, below DIR: scenes/NAME, a folder with state, tokens, in, out (the medium)
# and imported, as it stands before the program NAME runs; and the file settings, one NAME=VALUE a line.
#
#   init keygen root        the officers' program on a new token; keygen has made all keys up to the RSA one, which is slow
#   plan authorise sign export import   each step of one batch, of which two requests are issued, one is refused, and two
#                           revoke and hold what was issued before: so a new revocation list is made with it
#   ceremony                the same as root, and a ceremony that makes two of the certificates: DIR/sweep.yaml, whose persons are
#                           in DIR/cast (tests/room/actor.pl)
#   recover                 signer run, when signer sign was killed half way and left a torn line in the log
#   order order-sign order-export order-tree   after that batch, each step of an order of OCSP responses
#
# The people, the policy and the programs are those of the scenario cases (tests/cases/world).
set -euo pipefail
DIR=${1:?usage: scene.sh DIR}
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${ROOTSEAL_BUILD:-build}
cd "$ROOT"
tests/cases/world
mkdir -p "$DIR"
DIR=$(cd "$DIR" && pwd)
W=$ROOT/$BUILD/test/world
BIN=$W/bin
# shellcheck source=tests/cases/common.sh
. tests/cases/common.sh
C=$DIR/making S=$DIR/making/scene/state IN=$DIR/making/scene/in OUT=$DIR/making/scene/out LOGS=$DIR/making
TRACE=$ROOT/$BUILD/test/crash/trace
rm -rf "$C" "$DIR/scenes"
mkdir -p "$C/keys" "$C/scene/tokens" "$IN" "$OUT" "$DIR/scenes"
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
# shellcheck source=tests/cases/ceremony.sh
. tests/cases/ceremony.sh
# A traced process cannot look for its leaks.
if [ -n "$SAN" ]; then export ASAN_OPTIONS=detect_leaks=0; fi

keep() { cp -a "$C/scene" "$DIR/scenes/$1"; }
passed() { [ "$STATUS" -eq 0 ] || { echo "making the scenes: $(cat "$LAST.err")" >&2; exit 1; }; }
# killed_at NAME N COMMAND...: the command, killed at the N-th call that changes anything in the scene.
killed_at() {
    local n=$1
    shift
    WRAP=("$TRACE" --under "$C/scene" --inject "kill:$n" --hit "$C/hit" --)
    "$@" > "$C/killed.out" 2>&1 || true
    WRAP=()
    [ -s "$C/hit" ] || { echo "making the scenes: not killed: $*" >&2; exit 1; }
    rm "$C/hit"
}
# list COMMAND...: the calls of the command, into $C/list.
list() {
    WRAP=("$TRACE" --under "$C/scene" --list "$C/list" --)
    "$@"
    WRAP=()
}

# -- a new token --

export SOFTHSM2_CONF=$C/softhsm2.conf
sed "s|^directories.tokendir = .*|directories.tokendir = $C/scene/tokens|" "$W/softhsm2.conf" > "$SOFTHSM2_CONF"
softhsm2-util --init-token --free --label rootseal --so-pin 12345678 --pin "$WORLD_PIN" > "$LOGS/token"
keep init
step init with_pin ceremony init --state "$S"
passed
# Killed as it makes the key after the RSA key, whose lines are in the log by then: one write for each key, and
# the sync after it.
list step keygen with_pin ceremony keygen --state "$S"
passed
keys=$(awk '/^made/ { n++ } /^made.* rsa-/ { print n; exit }' "$LAST.out")
next=$(awk -v keys="$keys" '/^k/ { k++ } $2 == "write" && /audit.jsonl$/ && ++written == keys { print k + 2; exit }' "$C/list")
rm -rf "$S" "$C/scene/tokens"
cp -a "$DIR/scenes/init/." "$C/scene"
with_pin ceremony init --state "$S" > "$LOGS/init"
killed_at "$next" with_pin ceremony keygen --state "$S"
keep keygen
step keygen with_pin ceremony keygen --state "$S"
passed
keep root
keep ceremony
cast
file_head sweep
file_step sweep 'do: time, by: [operator-1, witness-1]'
file_step sweep 'do: root, by: [operator-1, witness-1], keys: [rootseal-log, smartca-root-sm2]'
file_step sweep 'do: minutes, by: [operator-1]'
mv "$C/cast" "$C/sweep.yaml" "$DIR"

# -- a batch, with the world's token and state --

rm -rf "$C/scene"
mkdir -p "$OUT"
cp -a "$W/state" "$S"
cp -a "$W/tokens" "$C/scene/tokens"
AUTHORITY=sxca RA=taiyuan
serial() { jq -r --arg id "$1" 'select(.id == $id).serial' "$BUNDLE/results.jsonl"; }
clear_medium() { rm -rf "$C"/scene/{in,out}/*; }
officers_passed() {
    passed
    do_authorise officer-1
    passed
    do_authorise officer-2
    passed
}

# What there is to revoke.
good a-1
good a-2
batch "$IN"
approve
do_plan
officers_passed
do_sign
passed
do_export
passed
lost=$(serial a-1) held=$(serial a-2)
clear_medium

ID=second SEQUENCE=2
good r-1
ask r-2 person-sign rsa:1024 "/C=CN/CN=Small"
good r-3
about revoke v-1 "$lost" ',"by":"subscriber","reason":"key-leaked"'
about suspend v-2 "$held"
batch "$IN"
approve
keep plan
do_plan
passed
printf 'batch.INTAKE=%s\nbatch.PLAN=%s\n' "$INTAKE" "$PLAN" > "$DIR/settings"
do_authorise officer-1
passed
keep authorise
do_authorise officer-2
passed
keep sign
list do_sign
passed
keep export
do_export
passed
keep import
do_import
passed
mv "$C/imported" "$DIR/scenes/import-reference"

# -- an order of the responses about all that was issued, two of them changed by that batch --

clear_medium
keep order
step order signer ocsp --state "$S" --authority sxca
passed
batch_intake=$INTAKE
INTAKE=$(awk '$1 == "batch" { print $2; exit }' "$LAST.out")
PLAN=$(awk '$1 == "plan" { print $2; exit }' "$LAST.out")
printf 'order.INTAKE=%s\norder.PLAN=%s\n' "$INTAKE" "$PLAN" >> "$DIR/settings"
officers_passed
keep order-sign
do_sign
passed
keep order-export
do_export
passed
keep order-tree
step tree ra ocsp-tree --bundle "$BUNDLE" --anchors "$W/state/anchors" --to "$DIR/scenes/order-tree-reference"
passed

# A run of sign that is killed after its outcomes were written, and whose last line was cut in two.
rm -rf "$C/scene"
cp -a "$DIR/scenes/sign" "$C/scene"
third=$(awk '/^k/ { k++ } $2 == "write" && /audit.jsonl$/ && ++written == 2 { print k + 1; exit }' "$C/list")
killed_at "$third" with_pin signer sign --state "$S" --batch "$batch_intake"
truncate -s -100 "$S/audit.jsonl"
keep recover

for name in BIN MODULE PRELOAD PEOPLE TRACE; do printf '%s=%s\n' $name "${!name}"; done >> "$DIR/settings"
printf 'PIN=%s\nPASS=%s\nANCHORS=%s\nCONF=%s\n' "$WORLD_PIN" "$WORLD_PASS" "$W/state/anchors" "$W/softhsm2.conf" >> "$DIR/settings"
rm -rf "$C"
