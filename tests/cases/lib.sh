# lib.sh - what the fragments of the scenario cases are written with. Sourced by tests/cases/run, after tests/world.sh.
#
# Folders: $C the case's own, $S its state, $IN the batch's folder on the medium, $OUT the medium's folder for bundles,
# $W the common world (nothing may change there), $LOGS one .out and one .err for each step.
# What a case produces is told line by line with say; the runner compares it with the file `expected`.

PEOPLE=$W/people
AUTHORITY=netca
RA=guangzhou
ID=gz-0001
SEQUENCE=1
COUNT=     # the count in the header; as many as there are lines when empty
HEADER=    # more members of the header, with a comma before each
QUIET=     # set: steps that succeed are not told
MEMBERS=   # more members of each request, with a comma before each
STEPS=0
AUDITED=   # set by a case that audits by itself at its end
STATUS=0   # of the last step
CODE=      # of the last step, when it failed

say() { printf '%s\n' "$*" >> "$C/actual"; }

# A code that was produced counts for the whole suite.
seen() { [ -z "${ROOTSEAL_CODES:-}" ] || printf '%s\n' "$@" >> "$ROOTSEAL_CODES"; }

# clock SPAN: from here on the programs' clock, and the times written into batches, are moved by this much; SPAN as date(1)
# takes it, e.g. '+3 days' or '1 hour ago'.
clock() {
    local now
    now=$(date -u '+%F %T UTC') # read once: a second that passed between two readings would move the clock, too
    MOVED=$(($(date -d "$now $1" +%s) - $(date -d "$now" +%s)))
}
MOVED=0
utc() { date -u -d "@$(($(date -d "${1:-now}" +%s) + MOVED))" +%Y-%m-%dT%H:%M:%SZ; }

# The programs, of $VARIANT when a case sets it to another folder than $BIN. A build with sanitizers must be told of the
# module's inner half, and that its runtime comes first.
program() {
    local name=$1 settings=()
    shift
    if [ -n "$PRELOAD" ]; then settings=("LD_PRELOAD=$PRELOAD"); fi
    if [ -n "$PRELOAD_MORE" ]; then settings=("LD_PRELOAD=${PRELOAD:+$PRELOAD }$PRELOAD_MORE"); fi
    if [ "$MOVED" -ne 0 ]; then
        settings=("LD_PRELOAD=${PRELOAD:+$PRELOAD }$FAKETIME_LIBRARY" "FAKETIME=$(printf '%+d' "$MOVED")" FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1)
    fi
    # A traced process cannot look for its leaks.
    if [ -n "$SAN" ] && [ "${WRAP[0]:-}" = strace ]; then settings+=(ASAN_OPTIONS=detect_leaks=0); fi
    "${WRAP[@]}" env "${settings[@]}" "$VARIANT/$name" "$@" # what is preloaded is for the program alone
}
VARIANT=$BIN
PRELOAD_MORE= # a library that a case wants in a program
WRAP=() # what goes before a program, e.g. strace
signer() { program signer "$@"; }
ceremony() { program ceremony "$@"; }
ra() { program ra "$@"; }
audit() { program audit "$@"; }

# step NAME COMMAND...: run it and tell "NAME STATUS CODE". Never fails; STATUS and CODE say how it went.
step() {
    local name=$1 at
    shift
    STEPS=$((STEPS + 1))
    at=$LOGS/$(printf '%02d' $STEPS)-$name
    STATUS=0
    CODE=
    "$@" > "$at.out" 2> "$at.err" || STATUS=$?
    if [ "$STATUS" -ne 0 ]; then
        CODE=$(sed -n 's/^[a-z]*: \(E_[A-Z0-9_]*\): .*/\1/p' "$at.err" | head -1)
        [ -z "$CODE" ] || seen "$CODE"
    fi
    LAST=$at
    if [ -z "$QUIET" ] || [ "$STATUS" -ne 0 ]; then say "$name $STATUS${CODE:+ $CODE}"; fi
}

# at_terminal COMMAND...: the program that the command starts is at a terminal (tests/pty/pty.c), and a person follows the
# dialogue on standard input; what stood there is the output, and what the program said of an error is told to stderr, too.
at_terminal() {
    local status=0 wrap=("${WRAP[@]}")
    WRAP=("$ROOT/$BUILD/test/pty" - "${WRAP[@]}")
    "$@" > "$C/terminal" || status=$?
    WRAP=("${wrap[@]}")
    cat "$C/terminal"
    grep -aE '^[a-z]+: (E_|what to do: |处理办法: )' "$C/terminal" >&2 || true
    return $status
}

# -- making a batch --

# key_for NAME ALG: the path of a fresh key; RSA keys of 2048 bits come from the world's pool, one after the other.
key_for() {
    if [ "$2" = rsa ]; then
        POOL=$((POOL + 1))
        cp "$W/keys/rsa-$POOL.key" "$C/keys/$1.key"
    else
        world_key "$C/keys/$1.key" "$2"
    fi
}
POOL=0

# csr ID ALG SUBJECT [openssl req options]: $C/keys/ID.csr, DER. ALG: sm2 p256 p384 rsa rsa:BITS, or key=FILE.
csr() {
    local id=$1 alg=$2 subject=$3 sm2=()
    shift 3
    case $alg in
    key=*) cp "${alg#key=}" "$C/keys/$id.key" ;;
    *) key_for "$id" "$alg" ;;
    esac
    if grep -q 'OID: SM2' <(openssl pkey -in "$C/keys/$id.key" -noout -text); then sm2=(-sm3 -sigopt "distid:$STD_ID"); fi
    if [ "$alg" = p384 ]; then sm2=(-sha384); fi
    openssl req -new -key "$C/keys/$id.key" -utf8 -subj "$subject" "${sm2[@]}" "$@" -outform DER -out "$C/keys/$id.csr"
}

# csr_of_token KEY: $C/keys/KEY.csr for an RSA key of the policy. The stock engine makes it with the key in the token; what gives
# the PIN is the config, and it is removed.
csr_of_token() {
    cat > "$C/engine.cnf" << END
openssl_conf = main
[main]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
MODULE_PATH = $(find /usr/lib -name libsofthsm2.so -print -quit)
PIN = $WORLD_PIN
init = 0
[req]
distinguished_name = dn
[dn]
END
    OPENSSL_CONF=$C/engine.cnf openssl req -new -engine pkcs11 -keyform engine -key "pkcs11:token=rootseal;object=$1" \
        -subj "/C=CN/CN=$1" -outform DER -out "$C/keys/$1.csr" 2> "$LOGS/engine"
    rm "$C/engine.cnf"
}

hex() { od -An -v -tx1 | tr -d ' \n'; }

# rename_to ID OLD NEW: in a request made already the text OLD becomes NEW, which may hold what openssl req would not
# write; \\xHH and the like are taken as printf takes them. Signed again with the request's key.
rename_to() {
    "$ROOT/tests/cases/resign.pl" "$C/keys/$1.key" "$(printf '%s' "$2" | hex)" "$(printf '%b' "$3" | hex)" \
        < "$C/keys/$1.csr" > "$C/keys/$1.new"
    mv "$C/keys/$1.new" "$C/keys/$1.csr"
}

# line TEXT: one line of the batch, as it is.
line() { printf '%s\n' "$1" >> "$C/lines"; }

# request ID PROFILE [CSR-FILE]: a line for a request made already.
request() { world_request "$1" "$2" "${3:-$C/keys/$1.csr}" "$MEMBERS" >> "$C/lines"; }

# ask ID PROFILE ALG SUBJECT [openssl req options]: make the request and its line.
ask() {
    local id=$1 profile=$2
    shift 2
    csr "$id" "$@"
    request "$id" "$profile"
}

# about OP ID SERIAL [MEMBERS [WHEN]]: on a certificate that was issued before.
about() { line "{\"id\":\"$2\",\"op\":\"$1\",\"serial\":\"$3\"${4:-},\"requested-at\":\"$(utc "${5:-now}")\"}"; }

# good ID: a request that is issued, of any authority.
good() { ask "$1" person-sign p256 "/C=CN/CN=Neighbour $1"; }

# batch [FOLDER]: $IN (or the folder) gets header and lines; the lines are used up.
batch() {
    IN=${1:-$IN}
    mkdir -p "$IN"
    [ -e "$C/lines" ] || : > "$C/lines"
    { world_header "$AUTHORITY" "$RA" "$ID" "$SEQUENCE" "${COUNT:-$(wc -l < "$C/lines")}" "$HEADER"; cat "$C/lines"; } \
        > "$IN/batch.jsonl"
    rm "$C/lines"
}

# The default persons of the present RA: with RSA keys, and so with stock openssl.
persons() {
    case $RA in
    guangzhou) echo gz-entry gz-review ;;
    zhengzhou) echo zz-entry zz-review ;;
    beijing) echo bj-entry bj-review ;;
    yinchuan) echo yc-entry yc-review ;;
    taiyuan) echo ty-entry ty-review ;;
    *) echo nj-entry-2 nj-review-2 ;;
    esac
}

# approve [PERSON...]: RSA persons with openssl, SM2 persons with ra approve.
approve() {
    local p
    # shellcheck disable=SC2046
    [ $# -gt 0 ] || set -- $(persons)
    for p in "$@"; do
        if grep -q 'OID: SM2' <(openssl x509 -in "$PEOPLE/$p.pem" -noout -text); then
            ra approve --dir "$IN" --person "$p" --key "$PEOPLE/$p.key" \
                --digest "$(world_root "$IN/batch.jsonl")" --pass-fd 3 3<<< "$WORLD_PASS" > "$LOGS/approve-$p"
        else
            world_approve "$IN" "$p.p7s" "$PEOPLE" "$p"
        fi
    done
}

# -- what must not be told --

# forms TEXT: as it is, as JSON escapes it, in hexadecimal, and in base64 where it begins a text
forms() {
    printf "%s\n" "$1"
    jq -nar --arg t "$1" "\$t | @json | .[1:-1]"
    printf "%s" "$1" | hex
    echo
    printf "%s" "$1" | base64 -w0 | sed "s/..=*\$//"
    echo
}
# holds FILE TEXT
holds() {
    forms "$2" | grep -v "^$" > "$C/forms"
    grep -qaiF -f "$C/forms" "$1"
}

# -- the steps of a run --

# do_plan sets INTAKE and PLAN when the batch was planned.
do_plan() {
    step plan signer plan --state "$S" --from "$IN"
    INTAKE=$(awk '$1 == "batch" { print $2; exit }' "$LAST.out")
    PLAN=$(awk '$1 == "plan" { print $2; exit }' "$LAST.out")
}
authorise() { # OFFICER [more options]: not a step
    local officer=$1
    shift
    ceremony authorise --state "$S" --batch "$INTAKE" --digest "$PLAN" --officer "$officer" --key-file "$PEOPLE/$officer.key" \
        --pass-fd 3 "$@" 3<<< "$WORLD_PASS"
}
# under FOLDER: from here on the programs are those of this folder, and the state is put under their policy.
under() {
    VARIANT=$1
    step policy with_pin ceremony policy --state "$S" --digest "$(policy_of)"
}
policy_of() { signer policy 2>&1 > "$LOGS/policy" | sed -n 's/^policy sha256 //p'; }
do_authorise() { step authorise authorise "$@"; }
officers() { do_authorise officer-1; do_authorise officer-2; }
with_pin() { local program=$1; shift; "$program" "$@" --module "$MODULE" --pin-fd 3 3<<< "$WORLD_PIN"; }
do_sign() { step sign with_pin signer sign --state "$S" --batch "$INTAKE"; }
do_export() {
    step export signer export --state "$S" --batch "$INTAKE" --to "$OUT"
    if [ "$STATUS" -eq 0 ]; then BUNDLE=$(sed -n 's/^bundle *//p' "$LAST.out"); fi
}
do_run() {
    step run with_pin signer run --state "$S" --from "$IN" --to "$OUT"
    BUNDLE=$(sed -n 's/^bundle *//p' "$LAST.out")
    REFUSAL=$(sed -n 's/^refusal *//p' "$LAST.out")
}
do_import() { step import ra import --bundle "$BUNDLE" --batch "$IN" --anchors "$S/anchors" --out "$C/imported"; }
do_audit() { step audit audit verify --state "$S" --anchors "$W/state/anchors"; }

# tell_results FOLDER: one line a request, as the bundle answers it.
tell_results() {
    jq -r '[if .id == "" then "#\(.n)" else .id end, .decision, .code // ""] | join(" ")' "$1/results.jsonl" |
        sed 's/ *$//; s/^/result /' > "$C/results.txt"
    cat "$C/results.txt" >> "$C/actual"
    # shellcheck disable=SC2046
    seen $(awk '$3 == "refused" { print $4 }' "$C/results.txt")
}
# tell_refusal FOLDER: the answer to a batch that was refused whole.
tell_refusal() {
    local code
    code=$(jq -r .code "$1/refusal.json")
    seen "$code"
    say "refusal $code"
}
# detail ID WORDS: the answer to this request must hold these words.
detail() {
    jq -r --arg id "$1" 'select(.id == $id) | "\(.detail // "") \(.ignored // "") [\(.clause)]"' "$BUNDLE/results.jsonl" |
        grep -qF -- "$2" || { echo "the answer to $1 does not say \"$2\""; exit 1; }
}

# flow: the whole way of one batch; a batch that is refused ends with the refusal on the medium.
flow() {
    do_plan
    if [ "$STATUS" -ne 0 ]; then
        [ -z "$INTAKE" ] || { do_run; tell_refusal "$REFUSAL"; }
        return
    fi
    officers
    do_sign
    [ "$STATUS" -eq 0 ] || return 0
    do_export
    tell_results "$BUNDLE"
    do_import
}
# finish_with: from a planned batch to its results, for cases that plan by themselves.
finish() {
    do_sign
    [ "$STATUS" -eq 0 ] || return 0
    do_export
    tell_results "$BUNDLE"
    do_import
}

# another NAME: the next batch of the same RA, in a folder of its own.
another() {
    SEQUENCE=$((SEQUENCE + 1))
    ID=gz-$(printf '%04d' $SEQUENCE)
    IN=$C/medium/in/$1
}

# main: what the runner does after `input` was sourced; a case may define it anew, or any of the above.
main() { flow; }

# tell_log: how many lines of each kind came to the log.
tell_log() {
    local type n
    for type in issued refused revoked accepted crl ocsp recovery; do
        n=$(tail -n "+$((WORLD_LINES + 1))" "$S/audit.jsonl" | grep -ac "\"type\":\"$type\"" || true)
        [ "$n" -eq 0 ] || say "log $type $n"
    done
}

# must COMMAND...: it must succeed.
must() { "$@" > "$LOGS/must" 2>&1 || { echo "failed: $*"; cat "$LOGS/must"; exit 1; }; }
# must_not COMMAND...: it must fail.
must_not() { ! "$@" > "$LOGS/must" 2>&1 || { echo "succeeded, and must not: $*"; exit 1; }; }

# flip FILE OFFSET [MASK]: change one byte (negative: from the end).
flip() {
    perl -e 'my ($f, $o, $m) = @ARGV; open(my $h, "+<:raw", $f) or die $!; my $n = -s $h; $o += $n if $o < 0;
        seek($h, $o, 0); read($h, my $b, 1) == 1 or die "no byte there"; seek($h, $o, 0);
        print $h chr(ord($b) ^ $m); close($h) or die $!' "$1" "$2" "${3:-1}"
}

# stopped_at CALL N FOLDER COMMAND...: the next step, run under strace with the words of $WRAP, is stopped as it comes back
# from its N-th such call among those that $WRAP traces; then the command is run in the folder, and the step goes on. The
# caller waits for it with `wait`.
stopped_at() {
    WRAP+=(-e "inject=$1:signal=SIGSTOP:when=$2")
    : > "$C/trace"
    (
        for ((i = 0; i < 1200; i++)); do
            pid=$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' "$C/trace")
            if [ -n "$pid" ]; then
                (cd "$3" && "${@:4}")
                kill -CONT "$pid"
                exit
            fi
            sleep 0.05
        done
    ) &
}
