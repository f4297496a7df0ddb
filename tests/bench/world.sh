#!/bin/bash
# world.sh - makes what the bench measures in, below DIR:
#
#   world.sh world DIR [HASH]                     people, a policy that pins them, the programs built with it in bin/, a token
#                                                 and a state with keys and roots in fresh/; the log is chained with HASH.
#                                                 Made anew only when something that goes into it has changed
#   world.sh batch DIR NAME AUTHORITY KIND N SEQ  N requests with keys of this kind (tests/bench/requests.c), approved, in
#                                                 batches/NAME/medium
#   world.sh pem DIR NAME                         the same requests as PEM files in batches/NAME/pem, for openssl ca
#
# Run in the project's root, with ROOTSEAL_BUILD. The policy is the shipped one of three operators but for its limits, RSA roots
# of 2048 and of 4096 bits, and the people, who all have RSA keys, because that takes stock openssl only.
set -euo pipefail
ROOT=$PWD
build=${ROOTSEAL_BUILD:-build}
verb=$1 work=$(realpath -m "$2")
BIN=$work/bin
WORLD_PIN=1234 WORLD_PASS=1234 # Run.pm hands it to whatever asks
# shellcheck source=tests/world.sh
. tests/world.sh
PEOPLE=$work/policy/people
declare -A RA=([netca]=guangzhou [netca4]=foshan [smartca]=nanjing [cwca]=yinchuan)

people_yaml() {
    local a role
    echo "ras:"
    for a in "${!RA[@]}"; do echo "  - {id: ${RA[$a]}, authority: $a}"; done
    echo "persons:"
    for a in "${!RA[@]}"; do
        for role in entry review; do
            echo "  - {id: ${RA[$a]}-$role, ra: ${RA[$a]}, role: $role, certificate: people/${RA[$a]}-$role.pem}"
        done
    done
    echo "officers:"
    echo "  - {id: officer-1, certificate: people/officer-1.pem}"
    echo "  - {id: officer-2, certificate: people/officer-2.pem}"
}

make_policy() { # HASH
    local p
    mkdir -p "$PEOPLE"
    cp policy/{appliance,smartca,cwca,netca}.yaml "$work/policy/"
    sed -i "s/^  hash: .*/  hash: $1/; s/batch-requests: .*/batch-requests: 100000/" "$work/policy/appliance.yaml"
    sed -i 's/bits: 3072/bits: 2048/' "$work/policy/netca.yaml"
    sed 's/bits: 2048$/bits: 4096/; s/netca-root-rsa/netca4-root-rsa/; s/^authority: netca/&4/' "$work/policy/netca.yaml" \
        > "$work/policy/netca4.yaml"
    for p in "${RA[@]/%/-entry}" "${RA[@]/%/-review}" officer-1 officer-2; do world_person "$PEOPLE" "$p" rsa:2048; done
    people_yaml > "$work/policy/people.yaml"
}

make_programs() {
    local p targets=()
    for p in signer ceremony audit ra history; do targets+=("$work/bin/$p"); done
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s POLICY="$work/policy" BIN="$work/bin" "${targets[@]}"
}

make_batch() { # NAME AUTHORITY KIND N SEQUENCE
    local at=$work/batches/$1 role
    rm -rf "$at"
    mkdir -p "$at/medium"
    "$build/bench/requests" "$3" "$4" > "$at/requests"
    {
        world_header "$2" "${RA[$2]}" "bench-$1" "$5" "$4"
        awk -v now="$(utc)" '{ printf "{\"id\":\"r-%d\",\"op\":\"issue\",\"profile\":\"person-sign\",\"csr\":\"%s\"," \
                                      "\"requested-at\":\"%s\"}\n", NR, $1, now }' "$at/requests"
    } > "$at/medium/batch.jsonl"
    for role in entry review; do world_approve "$at/medium" $role.p7s "$PEOPLE" "${RA[$2]}-$role"; done
}

make_pem() { # NAME
    mkdir -p "$work/batches/$1/pem"
    awk -v dir="$work/batches/$1/pem" '{
        file = sprintf("%s/%06d.pem", dir, NR)
        print "-----BEGIN CERTIFICATE REQUEST-----" > file
        for (i = 1; i <= length($1); i += 64) print substr($1, i, 64) > file
        print "-----END CERTIFICATE REQUEST-----" > file
        close(file) }' "$work/batches/$1/requests"
}

make_world() { # HASH
    local sum
    sum=$(cat "$build"/{signer,ceremony,audit,ra,softhsm-sm2.so} policy/*.yaml tests/world.sh tests/bench/world.sh | sha256sum)
    if [ "$(cat "$work/stamp" 2> /dev/null)" = "$sum" ]; then
        make_programs # history may be another
        return
    fi
    rm -rf "$work"
    make_policy "$1"
    make_programs
    world_token "$work/fresh"
    world_state "$work/fresh/state" > "$work/fresh/ceremony.log"
    echo "$sum" > "$work/stamp"
}

case $verb in
world) make_world "$3" ;;
batch) make_batch "${@:3}" ;;
pem) make_pem "$3" ;;
*) echo "world.sh: no such verb: $verb" >&2; exit 2 ;;
esac
