#!/bin/bash
# run.sh POLICYC - the policy compiler on good and bad policies.
#
# A folder bad/NAME is a small change to a good policy (the shipped one, with the people of good/people.yaml and an
# authority more, good/full.yaml, that uses every term of the language): FILE.sed is applied to FILE, a plain FILE
# replaces it. Its `expect` says what the error must say:
#   file: the file that is named
#   line: a number, or text: then the first line of the changed file that holds it ("last TEXT": the last one)
#   text: must be in the message; any number of these
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: run.sh POLICYC" >&2; exit 2; }
policyc=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

pass() { echo "ok   $1"; passed=$((passed + 1)); }
fail() { echo "FAIL $1: $2"; failed=$((failed + 1)); }
check() { # NAME COMMAND...: passes when the command does. Bash suspends -e inside, so functions end with || return 1.
    local name=$1
    shift
    if "$@" >"$work/log" 2>&1; then pass "$name"; else fail "$name" "$(tr '\n' ' ' <"$work/log")"; fi
}

# Certificates of people; who they are does not matter, only their keys.
certificate() { # FILE SUBJECT KEY-FILE
    local extra=()
    case $3 in *sm2*) extra=(-sm3 -sigopt distid:1234567812345678) ;; esac
    openssl req -new -x509 -key "$3" -subj "/CN=$2" -days 30 "${extra[@]}" -out "$1" 2>/dev/null
}
make_people() { # FOLDER
    local i kind
    mkdir -p "$1/people" "$work/keys"
    for i in 1 2 3 4; do
        openssl genpkey -algorithm SM2 -out "$work/keys/sm2-$i.key" 2>/dev/null
        certificate "$1/sm2-$i.pem" "sm2 $i" "$work/keys/sm2-$i.key"
    done
    for i in 1 2 3; do
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/keys/rsa-$i.key" 2>/dev/null
        certificate "$1/rsa-$i.pem" "rsa $i" "$work/keys/rsa-$i.key"
    done
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out "$work/keys/rsa-1024.key" 2>/dev/null
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/keys/p256.key" 2>/dev/null
    for kind in rsa-1024 p256; do certificate "$1/$kind.pem" "$kind" "$work/keys/$kind.key"; done
    openssl req -new -x509 -key "$work/keys/sm2-4.key" -subj /CN=leaf -days 30 -sm3 -sigopt distid:1234567812345678 \
        -extensions v3_req -out "$1/no-ca.pem" 2>/dev/null
    certificate "$1/sm2-1-renewed.pem" "sm2 1 renewed" "$work/keys/sm2-1.key"
    for kind in sm2-1 sm2-2 rsa-2; do openssl x509 -in "$1/$kind.pem" -outform DER -out "$1/$kind.der"; done
    cat "$1/sm2-1.pem" "$1/sm2-2.pem" >"$1/two.pem"
    mv "$1/rsa-1.pem" "$1/rsa-2.der" "$1/people/"
}

compile_table() { # C-FILE O-FILE
    gcc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -Werror -I"$root" -I"$root/signer" -c "$1" -o "$2"
}

# Tell the suite which code of the error table was produced.
seen() {
    [ -z "${ROOTSEAL_CODES:-}" ] || sed -n 's/^policyc: \(E_[A-Z0-9_]*\): .*/\1/p' "$work/message" >>"$ROOTSEAL_CODES"
}

# Run policyc on a policy that must be refused with this status; the message goes to $work/message.
refused() { # STATUS FOLDER
    local status=0
    rm -f "$work/refused.c"
    "$policyc" -o "$work/refused.c" "$2" >"$work/message" 2>&1 || status=$?
    seen
    [ "$status" -eq "$1" ] || { echo "exit status $status, not $1: $(cat "$work/message")"; return 1; }
    [ ! -e "$work/refused.c" ] || { echo "a C file was written all the same"; return 1; }
    [ -z "$(find "$work" -maxdepth 1 -name 'refused.c*')" ] || { echo "a temporary file was left"; return 1; }
}

# The line number that an expect file means.
expected_line() { # EXPECT CHANGED-FILE
    local text
    text=$(sed -n 's/^line: //p' "$1")
    case $text in
    *[!0-9]*) ;;
    *) echo "$text"; return ;;
    esac
    if [ "${text#last }" != "$text" ]; then
        grep -nF -- "${text#last }" "$2" | tail -1 | cut -d: -f1
    else
        grep -nF -m1 -- "$text" "$2" | cut -d: -f1
    fi
}

bad_case() { # FOLDER
    local case=$1 policy=$work/bad change file line text
    rm -rf "$policy"
    cp -r "$work/good" "$policy"
    for change in "$case"/*; do
        file=$(basename "$change")
        case $file in
        expect) ;;
        *.sed) sed -i -f "$change" "$policy/${file%.sed}" ;;
        *) cp "$change" "$policy/$file" ;;
        esac
    done
    if diff -rq "$work/good" "$policy" >/dev/null; then echo "the case changes nothing"; return 1; fi
    refused 3 "$policy" || return 1
    file=$(sed -n 's/^file: //p' "$case/expect")
    line=$(expected_line "$case/expect" "$policy/$file")
    [ -n "$line" ] || { echo "the line of the expect file is not in $file"; return 1; }
    grep -qF "policyc: E_POLICY: the policy file is wrong: $file:$line: " "$work/message" ||
        { echo "not at $file:$line: $(cat "$work/message")"; return 1; }
    while IFS= read -r text; do
        grep -qF -- "$text" "$work/message" || { echo "no \"$text\" in: $(cat "$work/message")"; return 1; }
    done < <(sed -n 's/^text: //p' "$case/expect")
}

# The folder as a whole.
folder_case() { # NAME TEXT COMMAND...: the command changes the good policy in $work/bad
    local name=$1 text=$2
    shift 2
    rm -rf "$work/bad"
    cp -r "$work/good" "$work/bad"
    (cd "$work/bad" && "$@")
    if ! refused 3 "$work/bad" >"$work/log" 2>&1; then
        fail "$name" "$(cat "$work/log")"
    elif ! grep -qF -- "$text" "$work/message"; then
        fail "$name" "no \"$text\" in: $(cat "$work/message")"
    else
        pass "$name"
    fi
}

# The table that the generated C defines is the table policyc built: both print the same text.
table_is_faithful() {
    local o=$work/objects file
    mkdir -p "$o"
    printf '%s\n' '#include <stdio.h>' '#include "policy/policy.h"' 'int main(void) {' 'struct buf b = {0};' \
        'if (policy_print(&policy_table, &b) != E_OK) return 1;' \
        'return fwrite(b.data, 1, b.len, stdout) == b.len ? 0 : 1; }' >"$o/main.c"
    gcc -std=c17 -D_GNU_SOURCE -I"$root" -I"$root/signer" -o "$o/print" "$o/main.c" "$work/pinned.c" \
        "$root"/policy/{policy,print}.c "$root"/signer/core/{buf,err,diag,text,digest,starved,i18n}.c "$root"/signer/pki/{alg,cause,der}.c \
        -ljansson -lcrypto || return 1
    "$o/print" >"$o/table.txt" || return 1
    "$policyc" -p "$work/good" >"$o/policyc.txt" || return 1
    cmp "$o/table.txt" "$o/policyc.txt" || return 1
    # The digest named in the C file is that of the text.
    grep -q "Policy digest: $(sha256sum <"$o/policyc.txt" | cut -d' ' -f1)" "$work/pinned.c"
}

text_has_people() {
    "$policyc" -p "$work/good" >"$work/text" || return 1
    local file want
    for file in sm2-1.pem rsa-3.pem; do
        want=$(openssl x509 -in "$work/good/$file" -outform DER | sha256sum | cut -d' ' -f1)
        grep -q "certificate-sha256 $want\$" "$work/text" || { echo "$file is not in the text"; return 1; }
    done
    [ -z "$(LC_ALL=C tr -d '\n -~' <"$work/text")" ] || { echo "the text is not ASCII"; return 1; }
}

deterministic() {
    cp -r "$work/good" "$work/copy" || return 1
    "$policyc" -o "$work/first.c" "$work/good" || return 1
    sleep 1
    "$policyc" -o "$work/second.c" "$work/copy" || return 1
    cmp "$work/first.c" "$work/second.c"
}

# The example authority of the manual is a policy.
manual_example() {
    rm -rf "$work/manual"
    cp -r "$work/good" "$work/manual" || return 1
    awk '/^\.Sh EXAMPLES/ { on = 1 } on && /^\.Ed/ { exit } body { print } on && /^\.Bd/ { body = 1 }' \
        "$root/policy/rootseal-policy.5" >"$work/manual/smartca.yaml"
    "$policyc" -p "$work/manual" >"$work/text" || return 1
    grep -q '^authority "smartca" key "smartca-root" ' "$work/text"
}

# One key fewer than bad/keys-too-many has.
as_many_keys_as_may_be() {
    rm -rf "$work/many"
    cp -r "$work/good" "$work/many" || return 1
    sed -i -f "$here/bad/keys-too-many/full.yaml.sed" "$work/many/full.yaml" || return 1
    sed -i '/name: m-\(29\|30\),/d' "$work/many/full.yaml" || return 1 # beside the four that are there
    "$policyc" -p "$work/many" >"$work/text" || return 1
    [ "$(grep -c '^authority "full" key "[^"]*" uri ' "$work/text")" -eq 32 ]
}

old_output_stays() {
    local status=0
    echo "old" >"$work/old.c"
    "$policyc" -o "$work/old.c" "$work/bad" 2>/dev/null || status=$?
    [ "$status" -eq 3 ] && [ "$(cat "$work/old.c")" = old ]
}

exits() { # STATUS ARGUMENT...
    local want=$1 status=0
    shift
    "$policyc" "$@" >/dev/null 2>"$work/message" || status=$?
    seen
    [ "$status" -eq "$want" ] || { echo "exit status $status, not $want"; return 1; }
    [ "$want" -eq 0 ] || [ -s "$work/message" ] || { echo "nothing on stderr"; return 1; }
}

mkdir "$work/good"
cp "$root"/policy/*.yaml "$work/good/"
cp "$here"/good/*.yaml "$work/good/"
make_people "$work/good"

check "shipped policy compiles" "$policyc" -o "$work/shipped.c" "$root/policy"
check "shipped table is clean C" compile_table "$work/shipped.c" "$work/shipped.o"
check "policy with people compiles" "$policyc" -o "$work/pinned.c" "$work/good"
check "table with people is clean C" compile_table "$work/pinned.c" "$work/pinned.o"
check "table holds what was read" table_is_faithful
check "text names people by digest, in ASCII" text_has_people
check "same policy, same bytes" deterministic

for case in "$here"/bad/*/; do
    case=${case%/}
    if why=$(bad_case "$case"); then pass "bad/$(basename "$case")"; else fail "bad/$(basename "$case")" "$why"; fi
done

folder_case "no appliance.yaml" "appliance.yaml: the file is missing" rm appliance.yaml
folder_case "no people.yaml" "people.yaml: the file is missing" rm people.yaml
folder_case "no authority" "no file of an authority" find . -name "*.yaml" ! -name appliance.yaml ! -name people.yaml -delete
folder_case "a file named .yml" "extra.yml: policy files are named *.yaml" cp smartca.yaml extra.yml
folder_case "a symbolic link" "smartca.yaml" sh -c 'mv smartca.yaml ../elsewhere && ln -s ../elsewhere smartca.yaml'
folder_case "a file too large" "smartca.yaml" sh -c 'yes "# filler" | head -c 2000000 >>smartca.yaml'
folder_case "bytes that are not UTF-8" "smartca.yaml:1: not YAML" sh -c 'printf "\377\n" >smartca.yaml'

# -- the policy of a training --

marks_all() { # as many certificate policies and keys' holders say so as there are profiles and keys
    "$root/policy/training.pl" "$work/good" "$work/training" || return 1
    "$policyc" -o "$work/training.c" "$work/training" || return 1
    cat "$work"/training/*.yaml >"$work/all" || return 1
    grep -q '^name: .*-training$' "$work/all" || return 1
    ! grep -q 'pkcs11:token=[^;"-]*[;"]' "$work/all" || return 1
    local profiles
    profiles=$(sed -n '/^profiles:/,/^[a-oq-z]/p' "$work/all" | grep -c '^  - name:')
    [ "$(grep -c 'type: CN, value: "*TRAINING ' "$work/all")" = "$(grep -c 'type: CN, value: ' "$work/all")" ] &&
        [ "$(grep -c '2\.999\.0,\|2\.999\.0\]' "$work/all")" = "$profiles" ]
}
unmarked_profile() { # one whose extensions are written otherwise
    rm -rf "$work/odd" && cp -r "$work/good" "$work/odd" || return 1
    sed -i '/^      policies:/d; s/^    extensions:$/    extensions: {/' "$work/odd/netca.yaml"
    ! "$root/policy/training.pl" "$work/odd" "$work/training" 2>"$work/said" || return 1
    cat "$work/said" && grep -q 'netca.yaml: the profile .* has no block of extensions' "$work/said"
}
check "a training's policy says so everywhere, and compiles" marks_all
check "a profile that cannot be marked stops it" unmarked_profile

check "the manual's example compiles" manual_example
check "an authority of 32 keys compiles" as_many_keys_as_may_be
check "an old table survives a bad policy" old_output_stays
check "--help" exits 0 --help
check "no arguments" exits 2
check "no output named" exits 2 "$work/good"
check "two folders" exits 2 -o "$work/x.c" "$work/good" "$work/good"
check "unknown option" exits 2 --force -o "$work/x.c" "$work/good"
check "no such policy folder" exits 3 -o "$work/x.c" "$work/nowhere"
check "no such output folder" exits 5 -o "$work/nowhere/x.c" "$work/good"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
