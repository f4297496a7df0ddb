#!/bin/bash
# secrets.sh - looks for the PIN and the passphrase wherever one could stand: arguments and environment of every process,
# every system call of every program that is given one, every file left, every message, the memory after login, a core.
# And counts how often a wrong one is tried. Ends `N passed, N failed`.
#
# Each way of looking is first shown to find a secret that is there.
set -euo pipefail
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"
C=$ROOT/$BUILD/test/secrets
rm -rf "$C"
mkdir -p "$C/medium" "$C/out" "$C/keys" "$C/logs" "$C/traces" "$C/cores" "$C/memory"
S=$C/state IN=$C/medium/in LOGS=$C/logs
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
export FAULTY_MODULE=$MODULE
OWN_PIN=$WORLD_PIN-own # of the world's officer-4 and gz-review-3
WORLD_PIN=$WORLD_PIN-$$ # not that of another test beside this one, whose processes are looked at, too
holds() { grep -raqF -e "$WORLD_PIN" -e "$OWN_PIN" -e "$WORLD_PASS" "$@"; } # FILE|FOLDER...

# -- every system call of every program that is given a secret --

# Not only writes: no call may carry one. (It comes in byte by byte, so that no read shows it.)
traced() { # NAME COMMAND...
    WRAP=(strace -f -v -s 65536 -o "$C/traces/$1")
    "${@:2}" > "$LOGS/$1.out" 2> "$LOGS/$1.err"
    WRAP=()
}
# A here-document of a shell's own is not the program's doing, so the secret comes from a file outside of what is searched.
PINS=$(mktemp -d)
trap 'rm -rf "$PINS"' EXIT
printf '%s\n' "$WORLD_PIN" > "$PINS/pin"
printf '%s\n' "$WORLD_PASS" > "$PINS/pass"
token() { local program=$1; shift; "$program" "$@" --module "$MODULE" --pin-fd 3 3< "$PINS/pin"; }
sign() { token signer sign --state "$S" --batch "$INTAKE" "$@"; }

strace -f -v -s 65536 -o "$C/control" true "$WORLD_PIN"
check "a traced argument is found" holds "$C/control"
rm "$C/control"
mkdir "$C/tokens"
sed "s|^directories.tokendir = .*|directories.tokendir = $C/tokens|" "$W/softhsm2.conf" > "$C/softhsm2.conf"
export SOFTHSM2_CONF=$C/softhsm2.conf
softhsm2-util --init-token --free --label rootseal --so-pin 12345678 --pin "$WORLD_PIN" > "$LOGS/init-token"
check "ceremony init" traced init token ceremony init --state "$S"
check "ceremony keygen" traced keygen token ceremony keygen --state "$S"
check "ceremony root" traced root token ceremony root --state "$S"
good r-1
good r-2
batch "$IN"
for p in gz-entry gz-review; do
    # shellcheck disable=SC2094 # the digest is of another file
    check "ra approve, $p" traced "approve-$p" ra approve --dir "$IN" --person $p --key "$PEOPLE/$p.key" \
        --digest "$(world_root "$IN/batch.jsonl")" --pass-fd 3 3< "$PINS/pass"
done
do_plan
for o in officer-1 officer-2; do
    check "ceremony authorise, $o" traced "authorise-$o" ceremony authorise --state "$S" --batch "$INTAKE" --digest "$PLAN" \
        --officer $o --key-file "$PEOPLE/$o.key" --pass-fd 3 3< "$PINS/pass"
done
# a PIN in two parts, and the PIN of an officer's own token
cp -a "$W/officers/tokens" "$C/officers"
sed "s|^directories.tokendir = .*|directories.tokendir = $C/officers|" "$W/officers/softhsm2.conf" > "$C/officers.conf"
printf '%s\n' "$OWN_PIN" > "$PINS/own"
own() { SOFTHSM2_CONF=$C/officers.conf "$@"; }
check "ceremony authorise, officer-4 with a token" traced authorise-officer-4 own ceremony authorise --state "$S" --batch "$INTAKE" \
    --digest "$PLAN" --officer officer-4 --officer-token pkcs11:token=officer-4 --officer-module "$MODULE" --officer-pin-fd 3 3< "$PINS/own"
# and that of a person's
cp -a "$W/persons/tokens" "$C/persons"
sed "s|^directories.tokendir = .*|directories.tokendir = $C/persons|" "$W/persons/softhsm2.conf" > "$C/persons.conf"
# shellcheck disable=SC2120 # through traced
persons() { SOFTHSM2_CONF=$C/persons.conf "$@"; }
# shellcheck disable=SC2094
check "ra approve, gz-review-3 with a token" traced approve-gz-review-3 persons ra approve --dir "$IN" --person gz-review-3 \
    --key pkcs11:token=gz-review-3 --module "$MODULE" --digest "$(world_root "$IN/batch.jsonl")" --pin-fd 3 3< "$PINS/own"
printf '%s\n%s\n' "${WORLD_PIN%??????}" "${WORLD_PIN: -6}" > "$PINS/parts"
check "ceremony root, a PIN in parts" traced parts ceremony root --state "$S" --module "$MODULE" --pin-parts 2 --pin-fd 3 3< "$PINS/parts"
cp -a "$S" "$C/planned"

# -- wrong, missing, locked: tried once, or not at all --

CALLS=$C/tokens/calls # where the step that signs can write
# logins N: how often the last run called C_Login.
logins() {
    local n
    n=$(grep -cx C_Login "$CALLS" || true)
    [ "$n" -eq "$1" ] || { echo "C_Login was called $n times"; return 1; }
}
refused() { # CODE TIMES FILE [SETTING...]: the PIN from this file
    local status=0
    : > "$CALLS"
    (
        export FAULTY_TRACE=$CALLS "${@:4}"
        MODULE=$FAULTY signer sign --state "$S" --batch "$INTAKE" --module "$FAULTY" --pin-fd 3 3< "$3"
    ) > "$LOGS/refused.out" 2> "$LOGS/refused.err" || status=$?
    [ "$status" -eq 4 ] && grep -q "^signer: $1: " "$LOGS/refused.err" && logins "$2" && not holds "$LOGS"
}
printf '%sx\n%s\n' "$WORLD_PIN" "$WORLD_PIN" > "$PINS/wrong-then-right"
check "a wrong PIN is tried once, though the right one is at hand" refused E_PIN_WRONG 1 "$PINS/wrong-then-right"
check "no PIN: the token is not asked" refused E_PIN_MISSING 0 /dev/null
check "a locked PIN is tried once" refused E_PIN_LOCKED 1 "$PINS/pin" FAULTY_CALL=C_Login FAULTY_ANSWER=0xa4
check "a login that fails is tried once" refused E_TOKEN 1 "$PINS/pin" FAULTY_CALL=C_Login FAULTY_ANSWER=0x30 FAULTY_TIMES=1
printf '%sx\n%s\n' "$WORLD_PASS" "$WORLD_PASS" > "$PINS/pass-wrong-then-right"
no_officer() {
    not ceremony authorise --state "$S" --batch "$INTAKE" --digest "$PLAN" --officer officer-3 \
        --key-file "$PEOPLE/officer-3.key" --pass-fd 3 3< "$PINS/pass-wrong-then-right" > "$LOGS/no-officer.out" 2> "$LOGS/no-officer.err" &&
        grep -q 'ceremony: E_PRIVATE_KEY: ' "$LOGS/no-officer.err" && not holds "$LOGS"
}
check "a wrong passphrase of an officer is tried once" no_officer
no_person() {
    not ra approve --dir "$IN" --person gz-review-2 --key "$PEOPLE/gz-review-2.key" \
        --digest "$(world_root "$IN/batch.jsonl")" --pass-fd 3 3< "$PINS/pass-wrong-then-right" \
        > "$LOGS/no-person.out" 2> "$LOGS/no-person.err" && grep -q 'ra: E_PRIVATE_KEY: ' "$LOGS/no-person.err" && not holds "$LOGS"
}
check "a wrong passphrase of a person is tried once" no_person

# -- memory and core, while a call of the token hangs --

# halt CALL: signer sign stands in its first such call, in the process PID, whose parent is PARENT.
halt() {
    : > "$CALLS"
    cd "$C/cores"
    FAULTY_TRACE=$CALLS FAULTY_CALL=$1 FAULTY_ANSWER=hang perl -e '
        # Ends with a word on how signer ended.
        my $pid = fork // die; if (!$pid) { $SIG{QUIT} = "DEFAULT"; exec @ARGV or die } print "$pid\n"; $| = 1; waitpid $pid, 0;
        printf "%s\n", $? & 128 ? "core" : "signal " . ($? & 127)' \
        bash -c 'ulimit -c unlimited; exec "$@"' bash "${SETTINGS[@]}" "$BIN/signer" sign --state "$S" --batch "$INTAKE" \
        --module "$FAULTY" --pin-fd 3 3< "$PINS/pin" > "$C/ended" 2> "$LOGS/halted.err" &
    cd "$ROOT"
    for ((i = 0; i < 600; i++)); do
        if [ "$(tail -1 "$CALLS")" = "$1" ]; then break; fi
        sleep 0.05
    done
    PARENT=$(head -1 "$C/ended")
    PID=$(pgrep -P "$PARENT")
}
SETTINGS=(env)
if [ -n "$PRELOAD" ]; then SETTINGS=(env "LD_PRELOAD=$PRELOAD"); fi
end() { kill "-$1" "$2"; wait; }
# image PROCESS FILE: what a core of the process would hold, and what a core leaves out.
image() {
    perl -e 'my ($pid, $out) = @ARGV;
        open(my $maps, "<", "/proc/$pid/maps") or die; open(my $mem, "<:raw", "/proc/$pid/mem") or die "mem: $!";
        open(my $to, ">:raw", $out) or die;
        while (<$maps>) {
            my ($from, $end, $rights) = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/ or next;
            ($from, $end) = (hex $from, hex $end);
            next if $rights !~ /^r/ || $end - $from > 1 << 28; # a sanitizer keeps terabytes of nothing
            sysseek($mem, $from, 0) or next;
            while ($from < $end) {
                my $n = sysread($mem, my $b, $end - $from > 1 << 20 ? 1 << 20 : $end - $from) or last;
                print $to $b; $from += $n;
            }
        }
        -s $out > 1 << 20 or die "only " . (-s $out) . " bytes"' "$1" "$2"
}
# The PIN alone: the passphrase is that of all tests, and openssl is given it as argument.
in_processes() { grep -aqF -e "$WORLD_PIN" "$C/processes"; }
snapshot() { cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2> /dev/null > "$C/processes" || true; }

bash -c 'exec -a "$0" sleep 60' "$WORLD_PIN" &
control=$!
for ((i = 0; i < 600; i++)); do # until it has that name
    if head -z -n 1 "/proc/$control/cmdline" | grep -qz "^$WORLD_PIN"; then break; fi
    sleep 0.05
done
snapshot
kill $control
wait $control 2> /dev/null || true
check "an argument of another process is found" in_processes
halt C_Login
check "the program stands in C_Login" logins 1
snapshot
check "during C_Login: no process has it as argument or in its environment" not in_processes
check "during C_Login: its memory can be read" image "$PID" "$C/memory/image"
check "during C_Login: and holds the PIN" holds "$C/memory/image"
for p in "$PARENT" "$PID"; do
    check "not a byte of core may be written" grep -qE '^Max core file size +0 +0 ' "/proc/$p/limits"
done
end ABRT "$PARENT"
check "SIGABRT in C_Login leaves no core" grep -qx 'signal 6' "$C/ended"
halt C_FindObjects
check "the program has logged in" logins 1
snapshot
check "after login: no process has it as argument or in its environment" not in_processes
rm "$C/memory/image"
for p in "$PARENT" "$PID"; do
    check "after login: the memory can be read" image "$p" "$C/memory/image"
    check "after login: and does not hold the PIN any more" not holds "$C/memory/image"
done
end QUIT "$PID"
check "SIGQUIT after login ends it" grep -q 'E_STEP: .*: sign, by signal 3 ' "$LOGS/halted.err"
check "no core is anywhere" not grep -q . <(find "$C/cores" -type f)
rm "$C/memory/image"

# -- a whole batch, and all that is left --

check "signer sign" traced sign sign
check "signer export" traced export signer export --state "$S" --batch "$INTAKE" --to "$C/out"
openssl genpkey -algorithm ed25519 -aes-256-cbc -pass "pass:$WORLD_PASS" -out "$C/keys/publication.key"
mkdir "$C/published"
check "audit tiles" traced tiles audit tiles --state "$S" --anchors "$S/anchors" --to "$C/published" --origin log.example.com \
    --key "$C/keys/publication.key" --pass-fd 3 3< "$PINS/pass"
check "the traces are of whole runs" [ "$(grep -l 'exited with 0' "$C"/traces/* | wc -l)" -eq 13 ]
check "no system call carried a secret" not holds "$C/traces"
check "no message did" not holds "$LOGS"
rm "$C/processes"
check "no file holds one: state, token, medium, bundle, messages, traces" not holds "$C"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && rm -rf "$C"
