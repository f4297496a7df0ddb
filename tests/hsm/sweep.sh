#!/bin/bash
# sweep.sh [--every N] [KIND ...] - the token fails at every call of a batch, in every way; and stands for every vendor.
#
# The faulty module (faulty.h) is in front of the software token. A healthy run is traced once, so that the number of each
# call is known; then each (call, failure) is one run of its own, with its own state and token. After it the exit status
# must be one of the error table, with a message that says what failed; the auditor must accept the log; and the same
# command with the token as it was must end in the same answers, no serial twice, and a bundle that the RA can import.
# The batch issues, refuses and revokes, so it makes a new revocation list, too. There is one for SM2 and one for RSA, and
# an order of OCSP responses.
#
#   answer   the call answers CKR_DEVICE_ERROR, CKR_SESSION_HANDLE_INVALID or CKR_PIN_LOCKED, and all later ones do, too
#   once     CKR_DEVICE_ERROR, once
#   die      the token is gone
#   hang     the call does not come back (with a policy that waits two seconds)
#   lie      a signature that is none: a wrong bit, a byte too few, too many, zeros, SM3 without Z, another key of the token
#   form     what is right in another form, or late: DER for raw, milliseconds for each call; nothing may come of it
#   ceremony init, keygen, root and destroy, with the first four
#   person   ra approve with a person's own token, with the first five
#   vendor   a whole ceremony and batch with each row of the SM2 table, and each vendor's habits
#
# --every N takes every N-th run of each kind, for `make check`. Ends `N passed, N failed`.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${ROOTSEAL_BUILD:-build}
cd "$ROOT"
STEP=1
if [ "${1:-}" = --every ]; then STEP=${2:?}; shift 2; fi
KINDS=${*:-answer once die hang lie form ceremony person vendor}
tests/cases/world
W=$ROOT/$BUILD/test/world
BIN=$W/bin
C=$ROOT/$BUILD/test/hsm
rm -rf "$C"
mkdir -p "$C/keys" "$C/logs" "$C/failed"
# shellcheck source=tests/cases/common.sh
. tests/cases/common.sh
S=$C/state LOGS=$C/logs
# shellcheck source=tests/cases/lib.sh
. tests/cases/lib.sh
export FAULTY_MODULE=$MODULE
CORES=${JOBS:-$(nproc)}

# The table: code -> exit status.
declare -A CLASS=([DONE]=0 [REFUSED]=1 [USAGE]=2 [INPUT]=3 [HSM]=4 [STORAGE]=5) STATUS_OF
while read -r code class; do STATUS_OF[$code]=${CLASS[$class]}; done \
    < <(sed -n 's/^ *X(\(E_[A-Z0-9_]*\), \([A-Z]*\),.*/\1 \2/p' signer/core/err.h)

# conf DIR: a configuration for the tokens below DIR.
conf() { sed "s|^directories.tokendir = .*|directories.tokendir = $1/tokens|" "$W/softhsm2.conf" > "$1/softhsm2.conf"; }

passed() { [ "$STATUS" -eq 0 ] || { echo "$LAST: $(head -1 "$LAST.err")"; return 1; }; }
# A batch that is done, for the next one to revoke from; nothing of it stays on the medium.
done_before() {
    good a-1
    good a-2
    batch "$IN"
    approve
    do_plan
    officers
    do_sign
    passed || return 1
    do_export
    LOST=$(jq -r 'select(.id == "a-1").serial' "$BUNDLE/results.jsonl")
    rm -r "$BUNDLE"
    rm "$IN"/*
}
# A batch that issues, refuses and revokes, planned and authorised; its intake goes to the file.
planned() { # FILE
    done_before || return 1
    ID=$ID-again SEQUENCE=2
    good r-1
    ask r-2 person-sign rsa:1024 "/C=CN/CN=Small"
    good r-3
    about revoke v-1 "$LOST" ',"by":"operator","reason":"key-leaked"'
    batch "$IN"
    approve
    do_plan
    officers
    printf '%s\n' "$INTAKE" > "$1"
    passed
}
# An order of OCSP responses, likewise.
ordered() { # FILE
    done_before || return 1
    step order signer ocsp --state "$S" --authority "$AUTHORITY"
    INTAKE=$(awk '$1 == "batch" { print $2; exit }' "$LAST.out")
    PLAN=$(awk '$1 == "plan" { print $2; exit }' "$LAST.out")
    officers
    printf '%s\n' "$INTAKE" > "$1"
    passed
}

# -- the batches that the runs begin from: planned and authorised, with the policy that waits two seconds --

base() { # NAME AUTHORITY RA planned|ordered
    AUTHORITY=$2 RA=$3 ID=$1-1 SEQUENCE=1 S=$C/$1/state IN=$C/$1/in OUT=$C/$1/out
    mkdir -p "$IN" "$OUT"
    cp -a "$W/state" "$S"
    cp -a "$W/tokens" "$C/$1/tokens"
    conf "$C/$1"
    export SOFTHSM2_CONF=$C/$1/softhsm2.conf
    under "$W/bin-hasty"
    $4 "$C/$1/intake" || { cat "$LOGS"/*.err; exit 1; }
}
base sm2 smartca nanjing planned
base rsa netca guangzhou planned
base ocsp sxca taiyuan ordered
# The token has many SM2 keys, and one for RSA: another one, to lie with.
SOFTHSM2_CONF=$C/rsa/softhsm2.conf pkcs11-tool --module "$MODULE" --token-label rootseal --login --pin "$WORLD_PIN" \
    --keypairgen --key-type rsa:2048 --label another > "$LOGS/another" 2>&1
BATCH='r-1 issued r-2 refused r-3 issued v-1 revoked #5 crl'
declare -A WANT=([sm2]=$BATCH [rsa]=$BATCH [ocsp]='ocsp-1 ocsp') ISSUED=([sm2]=4 [rsa]=4 [ocsp]=2)
mkdir -p "$C/ceremony/tokens"
conf "$C/ceremony"
SOFTHSM2_CONF=$C/ceremony/softhsm2.conf softhsm2-util --init-token --free --label rootseal --so-pin 12345678 \
    --pin "$WORLD_PIN" > "$LOGS/init"

# A batch that lacks the approval of a person with an own token.
AUTHORITY=netca RA=guangzhou ID=person-1 SEQUENCE=1 IN=$C/person/in
mkdir -p "$IN"
cp -a "$W/persons/tokens" "$C/person/tokens"
good r-1
batch "$IN"
approve gz-entry
OWN_PIN=$WORLD_PIN-own

# -- one run, in the folder $D of a worker --

# The commands of each base. The last step of a ceremony is the one that is repeated with the others before it.
sign() { with_pin signer sign --state "$D/state" --batch "$(cat "$D/intake")" --sessions 1; }
init() { with_pin ceremony init --state "$D/state"; }
keygen() { with_pin ceremony keygen --state "$D/state" --key rootseal-log "$@"; }
root() { with_pin ceremony root --state "$D/state" --key rootseal-log; }
destroy() {
    with_pin ceremony destroy --state "$D/state" --key rootseal-log --digest "$(sed -n 's/.*"type":"keygen".*"public-key":"\([^"]*\)".*/\1/p' \
        "$D/state/audit.jsonl" | base64 -d | sha256sum | cut -d' ' -f1)"
}

approve_own() {
    ra approve --dir "$D/in" --person gz-review-3 --key pkcs11:token=gz-review-3 --module "$MODULE" \
        --digest "$(world_root "$D/in/batch.jsonl")" --pin-fd 3 3<<< "$OWN_PIN"
}

fresh() { # BASE COMMAND: $D as it was before the command
    rm -rf "$D"
    cp -a "$C/$1" "$D"
    conf "$D"
    export SOFTHSM2_CONF=$D/softhsm2.conf
    case $2 in
    keygen) init > /dev/null ;;
    root) init > /dev/null && keygen > /dev/null ;;
    destroy) init > /dev/null && keygen > /dev/null && root > /dev/null ;;
    esac
}

# spoken COMMAND KIND CALL ANSWER: what the program must have said, having ended with $status.
spoken() {
    local line code name
    if [ "$status" -eq 0 ]; then
        # Only what closes the token may fail unheard, and a look at the token in some other slot; and what is right in
        # another form is no failure.
        case $2/$3 in
        form/* | */C_GetTokenInfo | */C_Logout | */C_CloseSession | */C_CloseAllSessions | */C_Finalize) return ;;
        esac
        echo "$3 failed, and $1 said nothing"
        return 1
    fi
    line=$(grep -m1 -aE '^(signer|ceremony|ra): E_' "$D/err" || true)
    code=$(printf '%s' "$line" | sed -n 's/^[a-z]*: \(E_[A-Z0-9_]*\): .*/\1/p')
    [ "${STATUS_OF[${code:-none}]:-}" = "$status" ] || { echo "exit status $status, and: $(head -1 "$D/err")"; return 1; }
    case $4 in
    0x30) name=CKR_DEVICE_ERROR ;;
    0xb3) name=CKR_SESSION_HANDLE_INVALID ;;
    0xa4) name='CKR_PIN_LOCKED|E_PIN_LOCKED' ;;
    die) name=CKR_DEVICE_REMOVED ;;
    hang) name="E_TOKEN_TIMEOUT: .*: .*(C_[A-Za-z]+|loading the module).*: no answer in [0-9]+ s .token .*(rootseal|gz-review-3)" ;;
    *) name='E_SIGNATURE_BAD|E_SELF_TEST' ;;
    esac
    printf '%s' "$line" | grep -qE "$name" || { echo "the message names no $name: $line"; return 1; }
}

# at_home BASE: what takes the bundle.
at_home() {
    local to=(--anchors "$W/state/anchors" --bundle "$D"/out/*/)
    if [ "$1" = ocsp ]; then
        ra ocsp-tree "${to[@]}" --to "$D/tree"
    else
        ra import "${to[@]}" --batch "$D/in" --out "$D/imported"
    fi
}
# whole_batch BASE: the same command again; then everything must be as if nothing had been.
whole_batch() {
    local results
    sign > "$D/again.out" 2> "$D/again.err" || { echo "the repetition failed: $(head -1 "$D/again.err")"; return 1; }
    signer export --state "$D/state" --batch "$(cat "$D/intake")" --to "$D/out" > "$D/export" 2>&1 ||
        { echo "the export: $(tail -2 "$D/export")"; return 1; }
    results=$(jq -r '[if .id == "" then "#\(.n)" else .id end, .decision] | join(" ")' "$D"/out/*/results.jsonl | paste -sd ' ')
    [ "$results" = "${WANT[$1]}" ] || { echo "the answers are: $results"; return 1; }
    [ -z "$(sed -n 's/.*"type":"issued".*"serial":"\([0-9a-f]*\)".*/\1/p' "$D/state/audit.jsonl" | sort | uniq -d)" ] ||
        { echo "a serial stands twice in the log"; return 1; }
    [ "$(grep -c '"type":"issued"' "$D/state/audit.jsonl")" -eq "${ISSUED[$1]}" ] ||
        { echo "the log does not issue ${ISSUED[$1]} times"; return 1; }
    [ "$(grep -cE '"type":"(crl|ocsp)"' "$D/state/audit.jsonl")" -eq 1 ] || { echo "the log does not list once"; return 1; }
    audit verify --state "$D/state" --anchors "$W/state/anchors" > "$D/audit" 2>&1 ||
        { echo "the auditor: $(tail -2 "$D/audit")"; return 1; }
    at_home "$1" > "$D/import" 2>&1 || { echo "the RA: $(tail -2 "$D/import")"; return 1; }
}

# whole_end: the same command again; the key is gone, and the log says so once.
whole_end() {
    destroy > "$D/again.out" 2> "$D/again.err" || { echo "destroy, after that: $(head -1 "$D/again.err")"; return 1; }
    [ "$(grep -c '"type":"destroyed"' "$D/state/audit.jsonl")" -eq 1 ] || { echo "the log tells of the end more or less than once"; return 1; }
    ! root > "$D/root.out" 2> "$D/root.err" || { echo "the key is used after its end"; return 1; }
    audit verify --state "$D/state" > "$D/audit" 2>&1 || { echo "the auditor: $(tail -2 "$D/audit")"; return 1; }
}

# whole_approval: an approval that failed is not there; the same command again, and the batch has them all.
APPROVAL=in/review-gz-review-3.p7s
whole_approval() { # STATUS
    if [ "$1" -ne 0 ]; then
        [ ! -e "$D/$APPROVAL" ] || { echo "it failed, and approved"; return 1; }
        approve_own > "$D/again.out" 2> "$D/again.err" || { echo "the repetition failed: $(head -1 "$D/again.err")"; return 1; }
    fi
    ra check --dir "$D/in" > "$D/check" 2>&1 || { echo "ra check: $(tail -2 "$D/check")"; return 1; }
}

# whole_ceremony: go on as the README says.
whole_ceremony() {
    local c
    for c in init keygen root; do
        if [ $c = init ] && [ -e "$D/state/audit.jsonl" ]; then continue; fi
        $c > "$D/again.out" 2> "$D/again.err" && continue
        if [ $c = keygen ] && grep -q E_KEY_EXISTS "$D/again.err"; then
            keygen --adopt > "$D/again.out" 2> "$D/again.err" && continue
        fi
        echo "$c, after that: $(head -1 "$D/again.err")"
        return 1
    done
    audit verify --state "$D/state" > "$D/audit" 2>&1 || { echo "the auditor: $(tail -2 "$D/audit")"; return 1; }
}

# one BASE COMMAND KIND CALL AFTER ANSWER: fails, with the reason on stdout.
one() {
    local status=0 call=any after=$5 times=-1
    fresh "$1" "$2"
    case $3 in
    once) times=1 ;;
    lie) call=$4 times=1 ;;
    esac
    local settings=("FAULTY_CALL=$call" "FAULTY_AFTER=$after" "FAULTY_TIMES=$times" "FAULTY_ANSWER=$6")
    if [ "$6" = der ]; then settings=(FAULTY_QUIRKS=der); fi
    (
        export "${settings[@]}"
        MODULE=$FAULTY
        $2
    ) > "$D/out.txt" 2> "$D/err" || status=$?
    spoken "$2" "$3" "$4" "$6" || return 1
    if [ -e "$D/state/audit.jsonl" ]; then
        audit verify --state "$D/state" > "$D/audit" 2>&1 || { echo "the auditor, after it: $(tail -2 "$D/audit")"; return 1; }
    fi
    case $2 in
    destroy) whole_end ;;
    sign) whole_batch "$1" ;;
    approve_own) whole_approval "$status" ;;
    *) whole_ceremony ;;
    esac
}

# -- a whole ceremony and batch with the token of a vendor --

vendor_programs() { # VENDOR
    local p=$C/policy-$1
    [ ! -e "$p" ] || return 0
    cp -r "$W/policy" "$p"
    sed -i "s/^sm2-vendor: .*/sm2-vendor: $1/" "$p/appliance.yaml"
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s ${SAN:+SAN=1} POLICY="$p" BIN="$C/bin-$1" \
        "$C/bin-$1/"{signer,ceremony,audit,ra}
}

# as_vendor VENDOR QUIRKS: in a subshell.
as_vendor() {
    local c
    rm -rf "$D"
    mkdir -p "$D/in" "$D/out" "$D/tokens" "$D/keys"
    conf "$D"
    export SOFTHSM2_CONF=$D/softhsm2.conf FAULTY_VENDOR=$1 FAULTY_QUIRKS=$2
    softhsm2-util --init-token --free --label rootseal --so-pin 12345678 --pin "$WORLD_PIN" > "$D/init"
    VARIANT=$C/bin-$1 AUTHORITY=smartca RA=nanjing ID=$1-1 SEQUENCE=1 S=$D/state IN=$D/in OUT=$D/out LOGS=$D LAST='' STEPS=0 POOL=0
    C=$D # requests are made there, and other workers make theirs
    MODULE=$FAULTY
    for c in init keygen root; do
        with_pin ceremony $c --state "$S" > "$D/$c.out" 2> "$D/$c.err" || { echo "$c: $(head -1 "$D/$c.err")"; return 1; }
    done
    planned "$D/intake" || return 1
    do_sign
    passed || return 1
    do_export
    audit verify --state "$S" > "$D/audit" 2>&1 || { echo "the auditor: $(tail -2 "$D/audit")"; return 1; }
    ra import --bundle "$BUNDLE" --batch "$IN" --anchors "$S/anchors" --out "$D/imported" > "$D/import" 2>&1 ||
        { echo "the RA: $(tail -2 "$D/import")"; return 1; }
    # OpenSSL verifies them, too, whatever the token calls its SM2.
    openssl verify -partial_chain -vfyopt "distid:$STD_ID" -trusted "$S/anchors/smartca-root-sm2.pem" \
        "$D"/imported/*/certs/r-{1,3}.pem > "$D/openssl" 2>&1 || { echo "openssl verify: $(head -1 "$D/openssl")"; return 1; }
}

# -- the list of runs: BASE COMMAND KIND CALL AFTER ANSWER --

# trace BASE COMMAND: the calls of a healthy run, in $C/BASE-COMMAND.calls.
trace() {
    D=$C/w0
    fresh "$1" "$2"
    : > "$C/$1-$2.calls"
    (MODULE=$FAULTY; export FAULTY_TRACE=$D/tokens/calls; $2 > "$LOGS/trace" 2>&1) || { cat "$LOGS/trace"; exit 1; }
    mv "$D/tokens/calls" "$C/$1-$2.calls"
    echo "$2, $1: $(wc -l < "$C/$1-$2.calls") calls"
}
numbered() { # BASE COMMAND KIND ANSWER < CALLS
    awk -v run="$1 $2 $3" -v answer="$4" '{ print run, $1, NR - 1, answer }'
}
# A run for each call; or one for each of these calls, whose own number counts.
each_call() { numbered "$@" < "$C/$1-$2.calls"; }             # BASE COMMAND KIND ANSWER
each_of() { grep -x "$5" "$C/$1-$2.calls" | numbered "$@"; }  # BASE COMMAND KIND ANSWER CALL
runs() { # KIND
    local b c answer
    case $1 in
    answer) # a PIN is locked where a PIN is given; what else may answer that is a broken token's idea
        for b in sm2 rsa; do
            each_call $b sign "$1" 0x30
            each_call $b sign "$1" 0xa4
        done
        each_call sm2 sign "$1" 0xb3
        each_call ocsp sign "$1" 0x30
        ;;
    once) each_call sm2 sign "$1" 0x30; each_call rsa sign "$1" 0xb3 ;;
    die) for b in sm2 rsa ocsp; do each_call $b sign "$1" die; done ;;
    hang)
        for b in sm2 rsa; do each_call $b sign "$1" hang; done
        each_call ocsp sign "$1" hang | grep ' C_Sign '
        ;;
    lie)
        for b in sm2 rsa ocsp; do
            for answer in flip short long zero hash; do each_of $b sign "$1" $answer C_Sign; done
            each_of $b sign "$1" other C_SignInit
        done
        ;;
    form)
        for b in sm2 rsa ocsp; do
            echo "$b sign form any 0 delay:5"
            echo "$b sign form any 0 der"
        done
        ;;
    ceremony)
        for c in init keygen root destroy; do
            each_call ceremony $c answer 0x30
            each_call ceremony $c once 0xb3
            each_call ceremony $c die die
        done
        each_call ceremony init hang hang
        each_call ceremony keygen hang hang | grep ' C_GenerateKeyPair '
        ;;
    person)
        each_call person approve_own answer 0x30
        each_call person approve_own answer 0xa4
        each_call person approve_own once 0xb3
        each_call person approve_own die die
        each_call person approve_own hang hang
        for answer in flip short long zero hash; do each_of person approve_own lie $answer C_Sign; done
        ;;
    vendor)
        for b in generic sansec tass luna xihsm ibm softhsm-sm2; do
            echo "$b batch vendor all 0 -"
            echo "$b batch vendor all 0 der"
            echo "$b batch vendor all 0 no-params,bare-point,kept-type"
        done
        ;;
    esac
}

# -- workers --

one_of() { # BASE COMMAND KIND CALL AFTER ANSWER
    if [ "$3" = vendor ]; then as_vendor "$1" "$6"; else one "$@"; fi
}
worker() { # NUMBER RUNS-FILE
    local base command kind call after answer why
    D=$C/w$1
    while read -r base command kind call after answer; do
        if why=$(one_of "$base" "$command" "$kind" "$call" "$after" "$answer" 2>&1); then
            echo "ok $kind"
        else
            echo "FAIL $kind $base $command $call $after $answer: ${why//$'\n'/ }"
            rm -rf "$C/failed/$base-$command-$call-$after-$answer"
            mv "$D" "$C/failed/$base-$command-$call-$after-$answer"
        fi
    done < "$2" > "$C/done.$1"
}
spread() { # WORKERS LIST: the list, dealt out
    local i
    rm -f "$C"/list.* "$C"/done.*
    for ((i = 0; i < $1; i++)); do
        awk -v i="$i" -v n="$1" 'NR % n == i' "$2" > "$C/list.$i"
        worker "$i" "$C/list.$i" &
    done
    wait
    cat "$C"/done.* > "$C/done"
}
# A worker that ends early, or a kind without runs, must not look like one that passed.
account() { # KIND LIST
    local want got
    want=$(wc -l < "$2")
    got=$(grep -cE '^(ok|FAIL) ' "$C/done" || true)
    [ "$want" -gt 0 ] || echo "FAIL $1 there are no runs of this kind"
    [ "$got" -eq "$want" ] || echo "FAIL $1 of $want runs $got have a result"
    cat "$C/done"
}

for b in sm2 rsa ocsp; do trace $b sign; done
for c in init keygen root destroy; do trace ceremony $c; done
trace person approve_own
: > "$C/results"
for kind in $KINDS; do
    runs "$kind" | awk -v step="$STEP" 'NR % step == (step > 1)' > "$C/list"
    # One that waits for a time-out needs no core.
    case $kind in
    hang) spread $((CORES * 4)) "$C/list" ;;
    vendor)
        while read -r b _; do vendor_programs "$b"; done < "$C/list"
        spread "$CORES" "$C/list"
        ;;
    *) spread "$CORES" "$C/list" ;;
    esac
    account "$kind" "$C/list" >> "$C/results"
    echo "$kind: $(wc -l < "$C/list") runs, $SECONDS s so far"
done
if grep -q "^ok hang" "$C/results"; then seen E_TOKEN_TIMEOUT; fi
awk '$1 == "FAIL"' "$C/results"
awk '{ n[$2]++; bad[$2] += $1 == "FAIL" }
    END { for (k in n) printf "%-9s %4d passed, %d failed\n", k, n[k] - bad[k], bad[k] }' "$C/results" | sort
failed=$(grep -c '^FAIL' "$C/results" || true)
passed=$(grep -c '^ok' "$C/results" || true)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && rm -rf "$C"
