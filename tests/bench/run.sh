#!/bin/bash
# run.sh: how fast a batch goes through, beside a bare C_Sign loop and beside `openssl ca`, all on one token in one run.
# Called by `make bench` from the project's root. Prints a table, writes the same numbers to bench.json in the build
# folder; what it worked with stays in bench/ there.
#
#   BENCH_REQUESTS=3000   BENCH_RUNS=3   BENCH_SESSIONS=2   BENCH_CASES="rsa-rsa2048 rsa-p256 sm2-sm2"
#
# A case is the CA key and the kind of the requests' keys.
set -euo pipefail

ROOT=$PWD
build=${ROOTSEAL_BUILD:-build}
work=$ROOT/$build/bench
BIN=$work/bin
requests=${BENCH_REQUESTS:-3000}
runs=${BENCH_RUNS:-3}
sessions=${BENCH_SESSIONS:-2}
cases=${BENCH_CASES:-rsa-rsa2048 rsa-p256 sm2-sm2}
# shellcheck source=tests/world.sh
. "$ROOT/tests/world.sh"

say() { echo "bench: $*" >&2; }

# What depends on the case.
case_ca() { if [ "${1%%-*}" = rsa ]; then echo netca; else echo smartca; fi; }
case_ra() { if [ "${1%%-*}" = rsa ]; then echo guangzhou; else echo nanjing; fi; }
case_key() { if [ "${1%%-*}" = rsa ]; then echo netca-root-rsa; else echo smartca-root-sm2; fi; }

# The shipped policy with an RSA root of 2048 bits, and people made here. RSA persons approve for both RAs, because
# that takes stock openssl only.
make_policy() {
    local p
    mkdir -p "$work/policy/people"
    cp "$ROOT"/policy/{appliance,smartca,netca}.yaml "$work/policy/"
    sed -i 's/bits: 3072/bits: 2048/' "$work/policy/netca.yaml"
    for p in nj-entry nj-review gz-entry gz-review officer-1 officer-2; do
        world_person "$work/policy/people" $p rsa:2048
    done
    cat > "$work/policy/people.yaml" <<- END
	ras:
	  - {id: nanjing, authority: smartca}
	  - {id: guangzhou, authority: netca}
	persons:
	  - {id: nj-entry, ra: nanjing, role: entry, certificate: people/nj-entry.pem}
	  - {id: nj-review, ra: nanjing, role: review, certificate: people/nj-review.pem}
	  - {id: gz-entry, ra: guangzhou, role: entry, certificate: people/gz-entry.pem}
	  - {id: gz-review, ra: guangzhou, role: review, certificate: people/gz-review.pem}
	officers:
	  - {id: officer-1, certificate: people/officer-1.pem}
	  - {id: officer-2, certificate: people/officer-2.pem}
	END
    # a make of its own, also when another one runs this script
    env -u MAKEFLAGS -u MFLAGS make -s POLICY="$build/bench/policy" BIN="$build/bench/bin" "$build/bench/bin/signer" \
        "$build/bench/bin/ceremony"
}

# make_batch CASE: the batch on its medium, and the same requests as PEM files for openssl ca.
make_batch() {
    local kind=${1#*-} medium=$work/$1/medium pem=$work/$1/pem ra role
    mkdir -p "$medium" "$pem"
    "$work/requests" "$kind" "$requests" > "$work/$1/requests.txt"
    ra=$(case_ra "$1")
    {
        world_header "$(case_ca "$1")" "$ra" "bench-$1" 1 "$requests"
        awk -v at="$(utc)" '{ printf "{\"id\":\"r-%d\",\"op\":\"issue\",\"profile\":\"person-sign\",\"csr\":\"%s\"," \
                                     "\"requested-at\":\"%s\"}\n", NR, $1, at }' "$work/$1/requests.txt"
    } > "$medium/batch.jsonl"
    if [ "$ra" = nanjing ]; then ra=nj; else ra=gz; fi
    for role in entry review; do
        world_approve "$medium" $role.p7s "$work/policy/people" $ra-$role
    done
    awk -v dir="$pem" '{ file = sprintf("%s/%05d.pem", dir, NR)
                         print "-----BEGIN CERTIFICATE REQUEST-----" > file
                         for (i = 1; i <= length($1); i += 64) print substr($1, i, 64) > file
                         print "-----END CERTIFICATE REQUEST-----" > file
                         close(file) }' "$work/$1/requests.txt"
}

# One token with the keys and one state with the roots; every run begins on a copy of them.
make_world() {
    world_token "$work/fresh"
    world_state "$work/fresh/state" > "$work/fresh/ceremony.log"
}

copy_world() {
    rm -rf "$work/now"
    cp -a "$work/fresh" "$work/now"
    sed -i "s|/fresh/|/now/|" "$work/now/softhsm2.conf"
    export SOFTHSM2_CONF=$work/now/softhsm2.conf
}

# timed CASE STEP COMMAND...: a line into CASE/STEP.times. The command gets the PIN at descriptor 3.
timed() {
    "$work/measure" "$work/$1/$2.times" "${@:3}" > "$work/$1/$2.out" 3<<< "$WORLD_PIN"
}

plan_step() { "$@" "$BIN/signer" plan --state "$work/now/state" --from "$work/$c/medium"; }
sign_step() {
    "$@" "$BIN/signer" sign --state "$work/now/state" --batch "$batch" --module "$MODULE" --pin-fd 3 \
        --sessions "$sessions"
}
export_step() { "$@" "$BIN/signer" export --state "$work/now/state" --batch "$batch" --to "$work/now/out"; }

# read_plan CASE: sets batch and plan from what signer plan printed.
read_plan() {
    batch=$(awk '/^batch/ { print $2 }' "$work/$1/plan.out")
    plan=$(awk '/^plan/ { print $2 }' "$work/$1/plan.out")
}

authorise() {
    local o
    for o in officer-1 officer-2; do
        world_officer "$work/now/state" "$batch" "$plan" "$work/policy/people" $o > "$work/$c/authorise.out"
    done
}

raw_step() { # CASE MECHANISM
    timed "$1" "raw-$2" "$work/rawsign" --module "$MODULE" --token rootseal --key "$(case_key "$1")" --mechanism "$2" \
        --count "$requests" --sessions "$sessions" --pin-fd 3
    cat "$work/$1/raw-$2.out" >> "$work/$1/raw-$2.rates"
}

engine_config() {
    local m
    for m in /usr/lib/*/softhsm/libsofthsm2.so /usr/lib/softhsm/libsofthsm2.so; do
        if [ -f "$m" ]; then break; fi
    done
    cat <<- END
	openssl_conf = init
	[init]
	engines = engines
	[engines]
	pkcs11 = pkcs11
	[pkcs11]
	engine_id = pkcs11
	MODULE_PATH = $m
	init = 0
	[ca]
	default_ca = bench
	[bench]
	database = $work/now/ca/index.txt
	new_certs_dir = $work/now/ca/certs
	certificate = $work/now/state/anchors/netca-root-rsa.pem
	rand_serial = yes
	unique_subject = no
	default_md = sha256
	default_days = 365
	policy = names
	x509_extensions = leaf
	[names]
	countryName = supplied
	commonName = supplied
	[leaf]
	authorityKeyIdentifier = keyid
	subjectKeyIdentifier = hash
	keyUsage = critical,digitalSignature,nonRepudiation
	certificatePolicies = 2.999.2.1
	crlDistributionPoints = URI:http://crl.example.com/netca-root-rsa.crl
	authorityInfoAccess = caIssuers;URI:http://aia.example.com/netca-root-rsa.crt
	END
}

ca_step() { # CASE
    mkdir -p "$work/now/ca/certs"
    : > "$work/now/ca/index.txt"
    engine_config > "$work/now/ca.cnf"
    timed "$1" openssl-ca openssl ca -config "$work/now/ca.cnf" -engine pkcs11 -keyform engine \
        -keyfile "pkcs11:token=rootseal;object=netca-root-rsa;type=private" -passin fd:3 -batch -notext \
        -infiles "$work/$1"/pem/*.pem 2> "$work/$1/openssl-ca.err" ||
        { tail -5 "$work/$1/openssl-ca.err" >&2; exit 1; }
    [ "$(find "$work/now/ca/certs" -name '*.pem' | wc -l)" = "$requests" ] || { say "openssl ca made too few"; exit 1; }
}

# one_round CASE: everything once, side by side.
one_round() {
    c=$1
    copy_world
    if [ "${c%%-*}" = rsa ]; then
        raw_step "$c" rsa
        raw_step "$c" rsa-sha256
    else
        raw_step "$c" sm2
    fi
    mkdir -p "$work/now/out"
    plan_step timed "$c" plan
    read_plan "$c"
    authorise
    sign_step timed "$c" sign
    grep -q "^issued  $requests\$" "$work/$c/sign.out" || { cat "$work/$c/sign.out" >&2; exit 1; }
    export_step timed "$c" export
    if [ "${c%%-*}" = rsa ]; then
        ca_step "$c"
    fi
}

# counted STEP COMMAND...: the same program with count.so in front, into CASE/STEP.count.
counted() {
    COUNT_FILE=$work/$c/$1.count LD_PRELOAD=$work/count.so "${@:2}" > "$work/$c/$1.out" 3<<< "$WORLD_PIN"
}

count_round() { # CASE
    c=$1
    copy_world
    mkdir -p "$work/now/out"
    plan_step counted plan
    read_plan "$c"
    authorise
    sign_step counted sign
    export_step counted export
}

# sorted FILE COLUMN: "median least greatest".
sorted() {
    sort -g -k "$2,$2" "$1" | awk -v n="$2" '{ v[NR] = $n }
        END { m = int((NR + 1) / 2); print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2, v[1], v[NR] }'
}

# seconds STEP / rates STEP: the three numbers of this case.
seconds() { sorted "$work/$c/$1.times" 1; }
cpu() { awk '{ print $2 + $3 }' "$work/$c/$1.times" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
peak() { sorted "$work/$c/$1.times" 4 | awk '{ print $3 }'; }

# The sum of plan, sign and export, run by run, into all.times.
add_up() {
    paste -d ' ' "$work/$c/plan.times" "$work/$c/sign.times" "$work/$c/export.times" |
        awk '{ print $1 + $6 + $11 }' > "$work/$c/all.times"
}

row() { # NAME "MEDIAN LEAST GREATEST" in seconds, STEP for its processor time
    echo "$2" | awk -v name="$1" -v n="$requests" -v cpu="${3:+$(cpu "$3")}" \
        '{ printf "  %-32s %8.0f   %6.0f to %-6.0f %8.2f s %8s\n", name, n / $1, n / $3, n / $2, $1,
                  cpu == "" ? "" : sprintf("%.2f s", cpu) }'
}

# Each program's most memory, syncs and verifications.
row_costs() { # STEP
    local syncs verifications
    read -r syncs verifications < "$work/$c/$1.count"
    printf '  %-32s %8.1f MiB %8d fsyncs %8d verifications\n' "signer $1" "$(peak "$1" | awk '{ print $1 / 1024 }')" \
        "$syncs" "$verifications"
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

report() { # CASE
    local raw rate best m sign all ca=
    c=$1
    add_up
    case $c in
    rsa-*) echo "RSA-2048 CA key, SHA-256; $requests requests with ${c#*-} keys" ;;
    *) echo "SM2 CA key, SM3; $requests requests with ${c#*-} keys" ;;
    esac
    printf '  %-32s %8s   %16s %10s %8s\n' "" "a second" "spread" "time" "processor"
    # of two mechanisms the faster one counts
    best=$(for m in "$work/$c"/raw-*.rates; do
        echo "$(sorted "$m" 1) $(basename "$m" .rates)"
    done | sort -g | tail -1)
    rate=${best%% *}
    raw=$(echo "$best" | awk -v n="$requests" '{ print n / $1, n / $3, n / $2 }')
    best=${best##* }
    row "C_Sign alone" "$raw" "$best"
    for m in plan sign export; do
        row "signer $m" "$(seconds $m)" $m
    done
    row "plan, sign and export" "$(seconds all)"
    if [ -f "$work/$c/openssl-ca.times" ]; then
        row "openssl ca, pkcs11 engine" "$(seconds openssl-ca)" openssl-ca
        ca=$(seconds openssl-ca | cut -d ' ' -f 1)
    fi
    for m in plan sign export; do
        row_costs $m
    done
    sign=$(seconds sign | cut -d ' ' -f 1)
    all=$(seconds all | cut -d ' ' -f 1)
    raw=${raw%% *}
    printf '  sign is %s of C_Sign alone; plan, sign and export %s of it%s\n\n' "$(ratio "$raw" "$sign")" \
        "$(ratio "$raw" "$all")" "${ca:+; $(ratio "$ca" "$sign") and $(ratio "$ca" "$all") times openssl ca}"
    to_json "$rate" "$raw" "$sign" "$all" "$ca" >> "$work/cases.json"
}

json_step() { # STEP
    local s v
    read -r s v < "$work/$c/$1.count"
    seconds "$1" | awk -v name="$1" -v peak="$(peak "$1")" -v s="$s" -v v="$v" -v cpu="$(cpu "$1")" \
        '{ printf ",\"%s\":{\"seconds\":%s,\"least\":%s,\"greatest\":%s,\"processor\":%s,", name, $1, $2, $3, cpu
           printf "\"peak-kib\":%d,\"fsyncs\":%d,\"verifications\":%d}", peak, s, v }'
}

to_json() { # RATE RAW SIGN ALL CA
    printf '{"case":"%s","requests":%d,"sessions":%d,"runs":%d,"raw-per-second":%s' "$c" "$requests" "$sessions" "$runs" "$1"
    json_step plan
    json_step sign
    json_step export
    printf ',"all-seconds":%s,"sign-to-raw":%s,"all-to-raw":%s' "$4" "$(ratio "$2" "$3")" "$(ratio "$2" "$4")"
    if [ -n "$5" ]; then
        printf ',"openssl-ca-seconds":%s,"sign-to-openssl-ca":%s,"all-to-openssl-ca":%s' "$5" "$(ratio "$5" "$3")" \
            "$(ratio "$5" "$4")"
    fi
    echo '}'
}

clear_work() {
    rm -rf "$work/policy" "$work/fresh" "$work/now" "$work/cases.json"
    for c in $cases; do
        rm -rf "${work:?}/$c"
    done
}

clear_work
say "policy, token and state"
make_policy
make_world
for c in $cases; do
    say "$requests requests with ${c#*-} keys"
    make_batch "$c"
done
for i in $(seq "$runs"); do
    for c in $cases; do
        say "run $i of $runs: $c"
        one_round "$c"
    done
done
for c in $cases; do
    say "counting: $c"
    count_round "$c"
done
echo "$(nproc) processors, $sessions sessions, medians of $runs runs"
echo
for c in $cases; do
    report "$c"
done
{
    printf '{"format":"rootseal-bench-1","processors":%d,"cases":[' "$(nproc)"
    paste -s -d , "$work/cases.json" | tr -d '\n'
    echo ']}'
} > "$ROOT/$build/bench.json"
echo "$build/bench.json"
