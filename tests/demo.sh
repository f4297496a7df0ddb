#!/bin/bash
# demo.sh: the whole way once, as people would walk it: a ceremony with three officers, two registration authorities,
# one batch of each, an auditor. Called by `make demo` after the build, from the project's root. Everything it makes
# lies in demo/ of the build folder, which is begun afresh each time.
#
# Nanjing's persons have SM2 keys and work with `ra`. Guangzhou's have RSA keys and work with openssl alone.
set -euEo pipefail

ROOT=$PWD
build=${ROOTSEAL_BUILD:-build}
D=$build/demo
BIN=$D/bin
MODULE=$ROOT/$build/softhsm-sm2.so
# shellcheck source=tests/world.sh
. "$ROOT/tests/world.sh"

rm -rf "$D"
mkdir -p "$D"/{bin,media/in,media/out,token,ra/{nanjing,guangzhou}/requests,ra/anchors,policy/people,people}
: > "$D/steps.log"
exec 4>&2

# In a background job the shell that waits for it tells.
failed() {
    [ "$BASHPID" = $$ ] || return 0
    jobs -p | xargs -r kill 2> /dev/null || true
    wait || true
    printf '\nThe demo failed. The end of %s/steps.log:\n' "$D" >&4
    tail -n 15 "$D/steps.log" >&4
}
trap failed ERR

started=$SECONDS
say() { printf '  %3d s  %s\n' $((SECONDS - started)) "$*"; }

# logged COMMAND...: its output goes to steps.log.
logged() {
    printf '$ %s\n' "$*" >> "$D/steps.log"
    "$@" >> "$D/steps.log" 2>&1
}

# ---- people -----------------------------------------------------------------------------------------------------------

make_people() {
    local p
    for p in nj-entry:sm2 nj-review:sm2 officer-2:sm2 gz-entry:rsa:2048 gz-review:rsa:2048 officer-1:rsa:2048 \
        officer-3:rsa:2048; do
        world_person "$D/people" "${p%%:*}" "${p#*:}"
        cp "$D/people/${p%%:*}.pem" "$D/policy/people/"
    done
    cp policy/{appliance,smartca,netca}.yaml "$D/policy/"
    cat > "$D/policy/people.yaml" <<- 'END'
	# The people of the demo; their keys are in ../people.
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
	  - {id: officer-3, certificate: people/officer-3.pem}
	END
}

# A make of its own, also when another one runs this script.
build_programs() {
    env -u MAKEFLAGS -u MFLAGS make -s POLICY="$D/policy" BIN="$BIN" "$BIN/signer" "$BIN/ceremony" "$BIN/ra" \
        "$BIN/audit"
}

# ---- ceremony ---------------------------------------------------------------------------------------------------------

# What is done, and the persons, of whom tests/room/actor.pl plays all.
ceremony_file() {
    cat > "$D/ceremony.yaml" <<- 'END'
	ceremony: first
	title: The first ceremony of the demo
	follows: none
	present:
	  - {id: operator-1, name: 张伟, role: operator, initials: ZW}
	  - {id: officer-1, name: 李娜, role: officer, initials: LN}
	  - {id: officer-2, name: 王芳, role: officer, initials: WF}
	  - {id: officer-3, name: 刘洋, role: officer, initials: LY}
	  - {id: witness-1, name: 陈杰, role: witness, initials: CJ}
	steps:
	  - {do: time, by: [operator-1, witness-1], say: Please compare the time with your own clock.}
	  - {do: init, by: [operator-1, witness-1], say: We begin a new log.}
	  - {do: keygen, by: [operator-1, officer-1, witness-1], say: The keys are made in the token.}
	  - {do: root, by: [operator-1, witness-1], say: Two officers authorise the root certificates.}
	  - {do: minutes, say: The minutes are written. Everybody signs them.}
	END
    printf '%s\n' 'operator-1 ZW' "officer-1 LN $D/people/officer-1.key" "officer-2 WF $D/people/officer-2.key" \
        "officer-3 LY $D/people/officer-3.key" 'witness-1 CJ' > "$D/cast"
}

# hold COMMAND...: ceremony run or rehearse, with these persons; the PIN comes from descriptor 3.
hold() {
    logged tests/room/actor.pl "$D/cast" -- "$BIN/ceremony" "$@" --module "$MODULE" --pin-fd 3 --pass-fd 4 "$D/ceremony.yaml" \
        4< <(yes "$WORLD_PASS")
}

# ---- requests ---------------------------------------------------------------------------------------------------------

family=(赵 钱 孙 李 周 吴 郑 王 冯 陈 褚 卫 蒋 沈 韩 杨 朱 秦 尤 许)
given=(子涵 欣怡 浩然 诗涵 宇轩 梓萱 俊杰 雨桐 博文 思远)
firms=(扬子江纺织有限公司 玄武湖软件有限公司 紫金电缆厂 珠江航运有限公司 白云陶瓷有限公司 越秀印务有限公司)

# person RA N ALG: person-N.csr, of the N-th name.
person() {
    local where=江苏/L=南京
    [ "$1" = nanjing ] || where=广东/L=广州
    world_csr "$D/ra/$1/requests/person-$2.csr" "$3" \
        "/C=CN/ST=$where/CN=${family[10#$2 % 20]}${given[10#$2 * 7 % 10]}"
}

# organisation RA N ALG
organisation() {
    local where=江苏 firm=${firms[10#$2 % 3]}
    [ "$1" = nanjing ] || { where=广东 firm=${firms[3 + 10#$2 % 3]}; }
    world_csr "$D/ra/$1/requests/organisation-$2.csr" "$3" "/C=CN/ST=$where/O=$firm/OU=财务部/CN=$firm"
}

# device N ALG: with a DNS name and an address.
device() {
    world_csr "$D/ra/guangzhou/requests/device-$1.csr" "$2" "/C=CN/O=${firms[3]}/CN=gw$1.example.com" \
        -addext "subjectAltName=DNS:gw$1.example.com,DNS:vpn$1.example.com,IP:192.0.2.$((10#$1))"
}

# What Nanjing should not have sent. The names of the files become the requests' ids.
bad_of_nanjing() {
    local r=$D/ra/nanjing/requests
    world_csr "$r/person-small-key.csr" rsa:1024 "/C=CN/CN=${family[1]}小钥"
    world_key "$r/person-wrong-id.key" sm2
    openssl req -new -key "$r/person-wrong-id.key" -sm3 -sigopt distid:somebody@example.com -utf8 \
        -subj "/C=CN/CN=${family[2]}另号" -outform DER -out "$r/person-wrong-id.csr"
    world_csr "$r/person-trailing.csr" sm2 "/C=CN/CN=${family[3]}尾长"
    printf 'more' >> "$r/person-trailing.csr"
    # U+202E turns the order of what follows on a screen
    world_csr "$r/person-bidi.csr" sm2 "/C=CN/CN=${family[4]}"$'\u202e'"转向"
    world_csr "$r/person-no-name.csr" sm2 "/C=CN/ST=江苏"
    cp "$r/person-01.key" "$r/person-zz-same-key.key"
    world_csr "$r/person-zz-same-key.csr" sm2 "/C=CN/CN=${family[5]}同钥"
}

# What Guangzhou should not have sent.
bad_of_guangzhou() {
    local r=$D/ra/guangzhou/requests
    openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3 \
        -out "$r/person-exponent-3.key"
    world_csr "$r/person-exponent-3.csr" rsa:2048 "/C=CN/CN=${family[6]}指三"
    world_csr "$r/person-asks-ca.csr" p256 "/C=CN/CN=${family[7]}想当" -addext basicConstraints=critical,CA:TRUE
    world_csr "$r/person-title.csr" p256 "/C=CN/CN=${family[8]}头衔/title=董事长"
    world_csr "$r/person-escape.csr" p256 "/C=CN/CN=${family[9]}"$'\e[2J'"清屏"
    world_csr "$r/person-sha1.csr" rsa:2048 "/C=CN/CN=${family[10]}旧法" -sha1
    world_csr "$r/person-base64.csr" p256 "/C=CN/CN=${family[11]}乱码"
    world_csr "$r/device-wildcard.csr" p256 "/C=CN/O=${firms[3]}/CN=example.com" -addext 'subjectAltName=DNS:*.example.com'
    world_csr "$r/person-foreign.csr" p256 "/C=US/CN=${family[12]}外国"
}

requests_of_nanjing() {
    local n
    for n in {01..14}; do person nanjing "$n" sm2; done
    for n in {15..18}; do person nanjing "$n" p256; done
    for n in 19 20; do person nanjing "$n" rsa:2048; done
    for n in {1..5}; do organisation nanjing "$n" sm2; done
    organisation nanjing 6 rsa:3072
    bad_of_nanjing
    rm "$D"/ra/nanjing/requests/*.key # they stay with the applicants
}

requests_of_guangzhou() {
    local n
    for n in {01..08}; do person guangzhou "$n" p256; done
    for n in {09..11}; do person guangzhou "$n" rsa:2048; done
    for n in {12..14}; do person guangzhou "$n" sm2; done
    for n in {1..3}; do organisation guangzhou "$n" p256; done
    organisation guangzhou 4 rsa:3072
    for n in {1..5}; do device "$n" p256; done
    device 6 rsa:2048
    device 7 sm2
    bad_of_guangzhou
    rm "$D"/ra/guangzhou/requests/*.key
}

# ---- the two RAs ------------------------------------------------------------------------------------------------------

# ra_check DIR: it ends with 1 when there is something to refuse, and here there is.
ra_check() {
    local status=0
    "$BIN/ra" check --dir "$1" || status=$?
    [ $status -le 1 ]
}

# approve PERSON: what was read is what gets signed, so the digest goes with it.
approve() {
    "$BIN/ra" approve --dir "$D/ra/nanjing/batch-1" --person "$1" --key "$D/people/$1.key" --pass-fd 3 \
        --digest "$(world_root "$D/ra/nanjing/batch-1/batch.jsonl")" 3<<< "$WORLD_PASS"
}

batch_of_nanjing() {
    local batch=$D/ra/nanjing/batch-1 requests=$D/ra/nanjing/requests
    logged "$BIN/ra" new --dir "$batch" --authority smartca --ra nanjing --id nj-0001 --sequence 1 --valid-for 3
    logged "$BIN/ra" add --dir "$batch" --profile person-sign "$requests"/person-*.csr
    logged "$BIN/ra" add --dir "$batch" --profile organisation-sign "$requests"/organisation-*.csr
    logged ra_check "$batch"
    logged approve nj-entry
    logged approve nj-review
    cp -r "$batch" "$D/media/in/nanjing-1"
}

batch_of_guangzhou() {
    local batch=$D/ra/guangzhou/batch-1 requests=$D/ra/guangzhou/requests file id profile files
    mkdir "$batch"
    files=("$requests"/*.csr)
    {
        world_header netca guangzhou gz-0001 1 ${#files[@]}
        for file in "${files[@]}"; do
            id=$(basename "$file" .csr)
            case $id in
            device-*) profile=device-tls ;;
            organisation-*) profile=organisation-sign ;;
            *) profile=person-sign ;;
            esac
            # one request was damaged on its way into the batch
            if [ "$id" = person-base64 ]; then
                world_request "$id" "$profile" "$file" | sed 's/"csr":"..../&-_/'
            else
                world_request "$id" "$profile" "$file"
            fi
        done
    } > "$batch/batch.jsonl"
    logged world_approve "$batch" entry.p7s "$D/people" gz-entry
    logged world_approve "$batch" review.p7s "$D/people" gz-review
    logged ra_check "$batch"
    cp -r "$batch" "$D/media/in/guangzhou-1"
}

# ---- the appliance and its officers -----------------------------------------------------------------------------------

# sign_batch RA OFFICER OFFICER: plan, show, authorise, run.
sign_batch() {
    local medium=$D/media/in/$1-1 batch plan o
    logged "$BIN/signer" plan --state "$D/state" --from "$medium"
    batch=$(awk '/^batch / { b = $2 } END { print b }' "$D/steps.log")
    plan=$(awk '/^plan / { p = $2 } END { print p }' "$D/steps.log")
    logged "$BIN/ceremony" show --state "$D/state" --batch "$batch"
    for o in "$2" "$3"; do
        logged world_officer "$D/state" "$batch" "$plan" "$D/people" "$o"
    done
    logged run_signer "$medium"
    bundle=$(awk '/^bundle / { b = $2 } END { print b }' "$D/steps.log")
}

run_signer() {
    "$BIN/signer" run --state "$D/state" --from "$1" --to "$D/media/out" --module "$MODULE" --pin-fd 3 3<<< "$WORLD_PIN"
}

# ---- afterwards -------------------------------------------------------------------------------------------------------

import() { # RA
    logged "$BIN/ra" import --bundle "$bundle" --batch "$D/ra/$1/batch-1" --anchors "$D/ra/anchors" --out "$D/ra/$1"
}

# openssl_verify RA ROOT [OPTION...]: every certificate, with nothing of ours.
openssl_verify() {
    local certs=("$D/ra/$1/$1-1/certs"/*.pem)
    logged openssl verify "${@:3}" -CAfile "$D/ra/anchors/$2.pem" "${certs[@]}"
}

# What `ra import` told of the two bundles: id, code, clause.
refusals() { sed -n 's/^refused  *[0-9]*  *\(.* E_.*\)/\1/p' "$D/steps.log"; }

# Each bad request must have been refused for its own reason.
expect_refused() {
    diff -u - <(refusals | awk '{ print $1, $2 }' | sort) <<- 'END'
	device-wildcard E_CSR_EXTENSION
	person-asks-ca E_CSR_ASKS_CA
	person-base64 E_BASE64
	person-bidi E_SUBJECT_CHARACTER
	person-escape E_SUBJECT_CHARACTER
	person-exponent-3 E_KEY_EXPONENT
	person-foreign E_SUBJECT_VALUE
	person-no-name E_SUBJECT_MISSING
	person-sha1 E_CSR_ALGORITHM
	person-small-key E_KEY_SIZE
	person-title E_SUBJECT_ATTRIBUTE
	person-trailing E_CSR_TRAILING
	person-wrong-id E_CSR_SIGNATURE
	person-zz-same-key E_KEY_OTHER_SUBJECT
	END
}

count() { find "$D/ra/$1/$1-1/certs" -name '*.pem' | wc -l; }

rule() { printf -- '-%.0s' {1..100}; echo; }

table() {
    local ra authority all
    echo
    rule
    printf '%-12s %-10s %-28s %9s %8s %8s\n' RA batch "signed by" requests issued refused
    for ra in nanjing guangzhou; do
        authority="Smart CA SM2 Root" all=nj-0001
        [ $ra = nanjing ] || { authority="NETCA RSA Root (3072 bits)" all=gz-0001; }
        printf '%-12s %-10s %-28s ' $ra $all "$authority"
        all=$(($(wc -l < "$D/media/in/$ra-1/batch.jsonl") - 1))
        printf '%9d %8d %8d\n' $all "$(count $ra)" $((all - $(count $ra)))
    done
    rule
    printf '%-20s %-22s %s\n' refused code clause
    refusals
    rule
    "$BIN/signer" status --state "$D/state" | sed -n 's/^lines  *\([0-9]*\)/log      \1 lines/p; /^head/p; /^words/,$p'
    rule
    echo "checked by   audit verify (log, seals, batches, certificates, bundles); openssl verify (each one)"
    echo "look at      $D/media/in, media/out     what the RAs sent and what went back"
    echo "             $D/state                   audit.jsonl, archive/, anchors/"
    echo "             $D/ra/nanjing/nanjing-1    certificates as PEM files, results.csv"
    echo "             $D/state/ceremonies/first  minutes.html: what was done to make the keys, for everybody to sign"
    echo "             $D/policy                  the policy that was compiled into $BIN"
    echo "             $D/token                   the SoftHSM token with the keys"
    echo "             $D/steps.log               everything the programs said"
    echo "go on with   export SOFTHSM2_CONF=$SOFTHSM2_CONF"
    echo "             --module $MODULE"
    echo "             PIN $WORLD_PIN; passphrase of every key in $D/people: $WORLD_PASS"
}

# ---- the day ----------------------------------------------------------------------------------------------------------

say "people and their keys; the applicants make their requests meanwhile"
requests_of_nanjing &
nanjing=$!
requests_of_guangzhou &
guangzhou=$!
make_people
say "compiling the policy with these people into the programs"
build_programs
ceremony_file
say "the ceremony, rehearsed on a throw-away token"
hold rehearse --dir "$D/rehearsal" 3< <(yes rehearsal)
say "the ceremony: from an empty token to keys, roots and minutes"
world_token "$ROOT/$D/token"
hold run --state "$D/state" 3< <(yes "$WORLD_PIN")
cp "$D"/state/anchors/*.pem "$D/ra/anchors/"
wait $nanjing
wait $guangzhou
say "Nanjing: ra new, add, check and approve (SM2)"
batch_of_nanjing
say "Guangzhou: an editor's work, and openssl cms (RSA)"
batch_of_guangzhou
say "the appliance: Nanjing's batch planned, shown, authorised by officers 1 and 2, signed"
sign_batch nanjing officer-1 officer-2
import nanjing
say "the appliance: Guangzhou's batch, authorised by officers 2 and 3"
sign_batch guangzhou officer-2 officer-3
import guangzhou
say "the auditor: audit verify; everybody: openssl verify"
logged "$BIN/audit" verify --state "$D/state" --anchors "$D/ra/anchors"
openssl_verify nanjing smartca-root-sm2 -vfyopt distid:$STD_ID
openssl_verify guangzhou netca-root-rsa
logged expect_refused
table
