#!/bin/bash
# kill.sh [POINTS] - SIGKILL at POINTS (50) points spread over a run of signer, each followed by the same command unharmed.
#
# A run is traced once to learn which system calls touch state, log, token and medium, and how often each comes. strace
# then kills one run at each chosen (system call, occurrence). Whatever was left behind, running the same command again
# must end in the same set of issued requests, no serial twice, a log that the auditor accepts, and a bundle that the RA
# can import. SIGKILL keeps what the kernel was given; a power cut is another test.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${ROOTSEAL_BUILD:-build}
POINTS=${1:-50}
cd "$ROOT"
tests/cases/world
W=$ROOT/$BUILD/test/world
BIN=$W/bin
C=$ROOT/$BUILD/test/kill
rm -rf "$C"
mkdir -p "$C/base/out" "$C/keys" "$C/logs"
# shellcheck source=tests/cases/common.sh
. tests/cases/common.sh
IN=$C/base/in S=$C/base/state LOGS=$C/logs
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
CALLS=openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,mkdir,mkdirat

# The folder that every run begins from: a batch planned and authorised. Its path must stay the same, since the token's
# configuration names it, so each run works in $C/work and that is made anew.
WORK=$C/work
fresh() {
    rm -rf "$WORK"
    cp -a "$C/base" "$WORK"
}
mkdir "$WORK"
cp -a "$W/state" "$S"
cp -a "$W/tokens" "$C/base/tokens"
sed "s|^directories.tokendir = .*|directories.tokendir = $WORK/tokens|" "$W/softhsm2.conf" > "$C/softhsm2.conf"
export SOFTHSM2_CONF=$C/softhsm2.conf
for i in 1 2 3; do good r-$i; done
ask r-4 person-sign rsa:1024 "/C=CN/CN=Small"
good r-5
batch "$IN"
approve
do_plan > /dev/null
officers
[ "$STATUS" -eq 0 ]
WANT='r-1 issued r-2 issued r-3 issued r-4 refused r-5 issued'

run() { # [WORDS]: signer run, after these words
    WRAP=("$@")
    program signer run --state "$WORK/state" --from "$WORK/in" --to "$WORK/out" --module "$MODULE" \
        --pin-fd 3 3<<< "$WORLD_PIN"
}

# -- the baseline: which occurrences of which call are on our files --

# when= counts each kind of call in each thread, whatever it is on; so all are traced, numbered so, and those on our files
# picked by the paths that -y shows. Opening a file to read it leaves nothing behind, and is passed over.
fresh
run strace -f -qq -y -e trace=$CALLS -o "$C/baseline" > "$LOGS/baseline.out"
awk -v work="$WORK/" '
    # "PID call(args", or "PID <... call resumed>", which is the same call once more
    $2 ~ /^<\.\.\./ { next }
    {
        split($2, part, "(")
        point = part[1] " " ++n[$1, part[1]]
        if (index($0, work) && ($2 !~ /^openat/ || $0 ~ /O_WRONLY|O_RDWR|O_CREAT/) && !known[point]++) print point
    }' "$C/baseline" > "$C/all"
total=$(wc -l < "$C/all")
[ "$total" -gt 0 ] || { echo "the baseline shows no call on our files"; exit 1; }
# Spread evenly over the run, in its order, first and last among them.
awk -v points="$POINTS" -v total="$total" '
    BEGIN { if (points > total) points = total }
    { want = points == 1 ? 1 : int((chosen * (total - 1)) / (points - 1)) + 1 }
    NR == want { print; chosen++ }' "$C/all" > "$C/points"
echo "$total calls touch state, log, token and medium; $(wc -l < "$C/points") of them are killed"

passed=0
failed=0
killed=0
outcome() { # COMMAND and its result so far: what must hold after the repetition; says what does not
    local out results
    run > "$LOGS/again.out" 2> "$LOGS/again.err" || { echo "the repetition failed: $(head -1 "$LOGS/again.err")"; return 1; }
    out=$(sed -n 's/^bundle *//p' "$LOGS/again.out")
    results=$(jq -r '[.id, .decision] | join(" ")' "$out/results.jsonl" | paste -sd ' ')
    [ "$results" = "$WANT" ] || { echo "the answers are: $results"; return 1; }
    [ -z "$(sed -n 's/.*"type":"issued".*"serial":"\([0-9a-f]*\)".*/\1/p' "$WORK/state/audit.jsonl" | sort | uniq -d)" ] ||
        { echo "a serial stands twice in the log"; return 1; }
    [ "$(grep -c '"type":"issued"' "$WORK/state/audit.jsonl")" -eq 4 ] || { echo "the log does not issue four times"; return 1; }
    [ "$(grep -c '"type":"plan"' "$WORK/state/audit.jsonl")" -eq 1 ] || { echo "the log has not one plan"; return 1; }
    [ "$(grep -c '"type":"bundle"' "$WORK/state/audit.jsonl")" -eq 1 ] || { echo "the log has not one bundle"; return 1; }
    audit verify --state "$WORK/state" --anchors "$W/state/anchors" > "$LOGS/audit" 2>&1 || { echo "the auditor: $(tail -2 "$LOGS/audit")"; return 1; }
    ra import --bundle "$out" --batch "$WORK/in" --anchors "$W/state/anchors" --out "$WORK/imported" > "$LOGS/import" 2>&1 ||
        { echo "the RA: $(tail -2 "$LOGS/import")"; return 1; }
    # And once more: now nothing may change.
    cp "$WORK/state/audit.jsonl" "$C/log"
    run > "$LOGS/third" 2>&1 || { echo "the third run failed: $(tail -2 "$LOGS/third")"; return 1; }
    cmp -s "$C/log" "$WORK/state/audit.jsonl" || { echo "the third run wrote to the log"; return 1; }
    [ -z "$(find "$WORK/out" -name '*.tmp')" ] || { echo "a temporary folder stays on the medium"; return 1; }
}
while read -r call k; do
    fresh
    status=0
    { run strace -f -qq -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$k" -o "$C/trace" > "$LOGS/killed" 2>&1; } 2> /dev/null || status=$?
    # The threads' order differs from run to run, so a point near the end may not be reached: then the run was whole.
    if grep -q 'killed by SIGKILL' "$C/trace"; then
        killed=$((killed + 1))
    elif [ "$status" -ne 0 ]; then
        echo "FAIL $call $k: neither killed nor whole: $(tail -1 "$LOGS/killed")"
        failed=$((failed + 1))
        continue
    fi
    if why=$(outcome); then
        passed=$((passed + 1))
        echo "ok   $call $k"
    else
        failed=$((failed + 1))
        echo "FAIL $call $k: $why"
        cp -a "$WORK" "$C/failed-$call-$k"
    fi
done < "$C/points"
[ "$killed" -ge $((passed / 2)) ] || { echo "only $killed runs were killed"; failed=$((failed + 1)); }
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && rm -rf "$C"
