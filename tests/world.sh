# shellcheck shell=bash
# world.sh - what the demo, the scenario tests and the sweeps share: a token, people, a policy that pins them, and
# batches made with stock tools. Sourced by bash scripts; needs the project's root in $ROOT and the programs in $BIN.

# The one passphrase of all test persons and the PIN of all test tokens. They protect nothing.
WORLD_PASS=${WORLD_PASS:-secret}
WORLD_PIN=${WORLD_PIN:-1234}
MODULE=${MODULE:-$ROOT/${ROOTSEAL_BUILD:-build}/softhsm-sm2.so}
STD_ID=1234567812345678

utc() { date -u -d "${1:-now}" +%Y-%m-%dT%H:%M:%SZ; }

# world_token DIR [LABEL PIN]: an empty SoftHSM token, labelled "rootseal", below DIR; sets SOFTHSM2_CONF.
world_token() {
    mkdir -p "$1/tokens"
    printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$1/tokens" > "$1/softhsm2.conf"
    export SOFTHSM2_CONF=$1/softhsm2.conf
    softhsm2-util --init-token --free --label "${2:-rootseal}" --so-pin 12345678 --pin "${3:-$WORLD_PIN}" > "$1/init.log"
}

# world_key FILE ALG [encrypted]: a private key; ALG is sm2, p256, p384, or rsa:BITS.
world_key() {
    local how
    case $2 in
    sm2) how="-algorithm EC -pkeyopt ec_paramgen_curve:SM2" ;;
    p256) how="-algorithm EC -pkeyopt ec_paramgen_curve:P-256" ;;
    p384) how="-algorithm EC -pkeyopt ec_paramgen_curve:P-384" ;;
    rsa:*) how="-algorithm RSA -pkeyopt rsa_keygen_bits:${2#rsa:}" ;;
    esac
    # shellcheck disable=SC2086
    openssl genpkey -quiet $how ${3:+-aes-256-cbc -pass pass:$WORLD_PASS} -out "$1"
}

# world_person DIR NAME ALG [DAYS]: DIR/NAME.key (encrypted) and DIR/NAME.pem (self-signed).
world_person() {
    local sm2=()
    [ "$3" = sm2 ] && sm2=(-sm3 -sigopt "distid:$STD_ID")
    world_key "$1/$2.key" "$3" encrypted
    openssl req -x509 -new -key "$1/$2.key" -passin "pass:$WORLD_PASS" -subj "/CN=$2" -days "${4:-365}" "${sm2[@]}" \
        -out "$1/$2.pem"
}

# world_csr OUT.csr ALG SUBJECT [openssl req options ...]: a fresh key and its request (DER); the key is OUT.key.
world_csr() {
    local out=$1 alg=$2 subject=$3 sm2=()
    shift 3
    [ "$alg" = sm2 ] && sm2=(-sm3 -sigopt "distid:$STD_ID")
    [ -f "${out%.csr}.key" ] || world_key "${out%.csr}.key" "$alg"
    openssl req -new -key "${out%.csr}.key" -utf8 -subj "$subject" "${sm2[@]}" "$@" -outform DER -out "$out"
}

# world_header AUTHORITY RA BATCH SEQUENCE COUNT [more JSON members]: the header line.
world_header() {
    printf '{"format":"rootseal-batch-1","authority":"%s","ra":"%s","batch":"%s","sequence":%s,"created":"%s","valid-until":"%s","count":%s%s}\n' \
        "$1" "$2" "$3" "$4" "$(utc)" "$(utc '+3 days')" "$5" "${6:-}"
}

# world_request ID PROFILE CSR [more JSON members]: one request line.
world_request() {
    printf '{"id":"%s","op":"issue","profile":"%s","csr":"%s","requested-at":"%s"%s}\n' \
        "$1" "$2" "$(base64 -w0 < "$3")" "$(utc)" "${4:-}"
}

# world_root FILE: the digest of a batch or plan.
world_root() { "$ROOT/tests/root.pl" "$1"; }

# world_approval BATCH_DIR: the text that its persons sign.
world_approval() { printf 'rootseal-approve-1\nbatch %s\n' "$(world_root "$1/batch.jsonl")"; }

# world_approve BATCH_DIR OUT.p7s PEOPLE_DIR NAME: an RSA person's approval with stock openssl.
world_approve() {
    world_approval "$1" | openssl cms -sign -binary -outform DER -signer "$3/$4.pem" -inkey "$3/$4.key" \
        -passin "pass:$WORLD_PASS" -out "$1/$2"
}

# world_state DIR: init, keys and roots in the present token.
world_state() {
    local c
    for c in init keygen root; do
        "$BIN/ceremony" $c --state "$1" --module "$MODULE" --pin-fd 3 3<<< "$WORLD_PIN"
    done
}

# world_officer STATE BATCH PLAN PEOPLE_DIR NAME: one officer authorises.
world_officer() {
    "$BIN/ceremony" authorise --state "$1" --batch "$2" --digest "$3" --officer "$5" --key-file "$4/$5.key" \
        --pass-fd 3 3<<< "$WORLD_PASS"
}
