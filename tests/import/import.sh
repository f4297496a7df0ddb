#!/bin/bash
# import.sh N - `ra import --db` of a bundle with N certificates into SQLite and PostgreSQL: the memory it takes and the time, that
# it shows how far it is at a terminal and nothing elsewhere, that a second one changes nothing, and that one which was
# interrupted again and again ends like one that was not. The bundle comes from a real appliance and is made once for each build;
# the figures are printed. Ends `N passed, N failed`.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: import.sh N" >&2; exit 2; }
N=$1
MEMORY=65536 # KiB that an import may take at most
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${ROOTSEAL_BUILD:-build}
cd "$ROOT"
tests/cases/world
W=$ROOT/$BUILD/test/world
BIN=$W/bin
# shellcheck source=tests/cases/common.sh
. tests/cases/common.sh
C=$ROOT/$BUILD/test/import/$N
S=$C/state IN=$C/batch OUT=$C/out LOGS=$C/logs
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
# shellcheck source=tests/import/postgresql.sh
. tests/import/postgresql.sh

# -- the bundle --

passed() { [ "$STATUS" -eq 0 ] || { echo "making the bundle: $(cat "$LAST.err")" >&2; exit 1; }; }

# The shipped policy allows ten thousand requests a batch. This is another one, for which the state's log says so.
allow_more() {
    cp -r "$W/policy" "$C/policy"
    sed -i "s/batch-requests: .*/batch-requests: $N/" "$C/policy/appliance.yaml"
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s ${SAN:+SAN=1} POLICY="$C/policy" BIN="$C/bin" "$C/bin/"{signer,ceremony,ra}
    under "$C/bin"
    passed
}

make_bundle() {
    rm -rf "$C"
    mkdir -p "$IN" "$OUT" "$LOGS" "$C/keys"
    cp -a "$W/state" "$S"
    cp -a "$W/tokens" "$C/tokens"
    sed "s|^directories.tokendir = .*|directories.tokendir = $C/tokens|" "$W/softhsm2.conf" > "$C/softhsm2.conf"
    export SOFTHSM2_CONF=$C/softhsm2.conf
    [ "$N" -le 10000 ] || allow_more
    AUTHORITY=smartca RA=nanjing ID=nj-1
    "$BUILD/bench/requests" p256 "$N" | awk -v at="$(utc)" \
        '{ printf "{\"id\":\"r-%d\",\"op\":\"issue\",\"profile\":\"person-sign\",\"csr\":\"%s\",\"requested-at\":\"%s\"}\n", NR, $1, at }' \
        > "$C/lines"
    batch "$IN"
    approve
    do_plan
    passed
    officers
    passed
    step sign with_pin signer sign --state "$S" --batch "$INTAKE" --sessions 2
    passed
    do_export
    passed
    rm -rf "$C/anchors"
    cp -r "$S/anchors" "$C/"
    mv "$BUNDLE" "$C/bundle"
    rm -rf "$S" "$C/tokens" "$OUT" "$C/keys"
    cp "$W/stamp" "$C/stamp"
}
if ! cmp -s "$W/stamp" "$C/stamp"; then make_bundle; fi
[ ! -e "$C/bin" ] || VARIANT=$C/bin
rm -rf "$C/imported"* "$C"/*.db* "$C"/{times,rows,all,told}-*

# -- importing it --

# The two tracks run side by side, so each tells on its own, and what they told is counted at the end.
ok() { # WHAT COMMAND...
    if "${@:2}" > "$C/said-$KIND" 2>&1; then echo "ok   $KIND: $1"
    else echo "FAIL $KIND: $1: $(tail -n 3 "$C/said-$KIND")"; fi
}
# import [COMMAND...]: run by this command, if any
import() {
    "$@" "$VARIANT/ra" import --bundle "$C/bundle" --batch "$IN" --anchors "$C/anchors" --out "$C/imported-$KIND" --db "$DB"
}
MEASURE=$BUILD/bench/measure
figures() { awk -v kind="$KIND" '{ printf "     %s: %.1f s, %d KiB at most\n", kind, $1, $4 }' "$C/times-$KIND"; }
seconds() { awk 'END { print $1 }' "$C/times-$KIND"; }
within_memory() { awk -v most=$MEMORY '$4 > most { bad = 1 } END { exit bad || NR == 0 }' "$C/times-$KIND"; }
quiet() { import "$MEASURE" "$C/times-$KIND" > "$C/out-$KIND" 2> "$C/err-$KIND" && [ ! -s "$C/err-$KIND" ]; }
at_terminal() {
    printf 'expect %s\n' checking storing writing |
        import env PTY_SECONDS=1200 PTY_WIDE=1 "$BUILD/test/pty" - "$MEASURE" "$C/times-$KIND"
}
said_already() { [ "$(grep -c 'all of it there already$' "$C/out-$KIND")" = 2 ]; }
files() { (cd "$C/imported-$KIND" && find . -type f -printf '%p %s\n' | LC_ALL=C sort); }
# their digest: an answer, a certificate and its standing for each, a seal and a bundle
rows() { case $KIND in SQLite) dump_lite "$DB" ;; *) dump_pg ;; esac > "$C/all-$KIND" && sha256sum < "$C/all-$KIND"; }
same() { rows | cmp - "$C/rows-$KIND" && files | cmp - "$C/files-$KIND"; }
empty() { case $KIND in SQLite) rm -f "$DB" ;; *) pg "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public" ;; esac; }

# interrupted SIGNAL...: one after the other, each later than the one before; then to the end. One at least must be met.
interrupted() {
    local signal i=0 met=0 whole status after
    whole=$(seconds)
    for signal in "$@"; do
        i=$((i + 1)) status=0
        after=$(awk -v s="$whole" -v i=$i -v n=$# 'BEGIN { print s * i / (n + 1) }')
        import timeout -s "$signal" "$after" || status=$?
        case $status in 124 | 137) met=$((met + 1)) ;; 0) ;; *) return 1 ;; esac
    done
    [ "$met" -gt 0 ] && import
}

# track KIND DATABASE FIRST SIGNAL...: the first import is run by FIRST
track() {
    KIND=$1 DB=$2
    ok "$N certificates" "$3"
    ok "there are as many rows" test "$(rows_n)" = "$N"
    ok "and twice as many files" test "$(find "$C/imported-$KIND" -path '*/certs/*' -type f | wc -l)" = $((2 * N))
    rows > "$C/rows-$KIND"
    ok "all of them are compared" test "$(wc -l < "$C/all-$KIND")" = $((3 * N + 2))
    files > "$C/files-$KIND"
    versions > "$C/versions-$KIND"
    ok "again, without a word on stderr" quiet
    ok "it says that all was there" said_already
    ok "nothing was written anew" as_before
    ok "at most $MEMORY KiB" within_memory
    figures
    empty
    rm -rf "$C/imported-$KIND"
    ok "interrupted and run again" interrupted "${@:4}"
    ok "the same rows and files in the end" same
    empty
}
rows_n() { case $KIND in SQLite) lite "$DB" "$COUNT_ROWS" ;; *) pg "$COUNT_ROWS" ;; esac; }
COUNT_ROWS="SELECT count(*) FROM rootseal_certificates"
as_before() { versions | cmp - "$C/versions-$KIND"; }
# what is another when a row was written, even with the same values
versions() { case $KIND in SQLite) sha256sum "$DB" ;; *) pg "SELECT ctid, xmin FROM rootseal_certificates ORDER BY serial" ;; esac; }

postgresql_start
track SQLite "$C/ra.db" quiet INT KILL > "$C/told-SQLite" &
track PostgreSQL "$PG_URL" at_terminal KILL INT > "$C/told-PostgreSQL"
wait
cat "$C/told-SQLite" "$C/told-PostgreSQL"
if cmp "$C/rows-SQLite" "$C/rows-PostgreSQL" && cmp "$C/files-SQLite" "$C/files-PostgreSQL"; then same=ok; else same=FAIL; fi
echo "$same   the same rows and files with both" | tee "$C/told-both"
rm -rf "$C/imported"-* "$C"/*.db* "$C"/all-*
failed=$(cat "$C"/told-* | grep -c '^FAIL') || true
echo "$(cat "$C"/told-* | grep -c '^ok') passed, $failed failed"
[ "$failed" -eq 0 ]
