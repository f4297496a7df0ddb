# shellcheck shell=bash
# fraud.sh - what those can do who are in it together: officers who sign whatever digest they are given, and whoever holds the token
# with its PIN, who signs with any key and writes the log anew, chained and sealed as it should be (tests/fraud/forger.c). Sourced by
# the cases fraud-*: the auditor names each fraud all the same.

ANCHORS=$W/state/anchors
DER=$ROOT/tests/fraud/der.pl

forger() { program forger "$MODULE" "$@" 3<<< "$WORLD_PIN"; }

# keep: state and token as they are, which each fraud begins with; again: back to them.
keep() { cp -a "$S" "$C/honest"; cp -a "$C/tokens" "$C/drawer"; KEPT_PLAN=$PLAN KEPT_INTAKE=$INTAKE; }
again() {
    rm -r "$S" "$C/tokens"
    cp -a "$C/honest" "$S"
    cp -a "$C/drawer" "$C/tokens"
    PLAN=$KEPT_PLAN INTAKE=$KEPT_INTAKE
}

# blindly OFFICER...: those with RSA keys sign $PLAN, without the program that would have shown it to them.
blindly() {
    local o
    printf 'rootseal-authorise-1\nplan %s\n' "$PLAN" > "$C/text"
    for o in "$@"; do
        openssl cms -sign -binary -outform DER -in "$C/text" -signer "$PEOPLE/$o.pem" -inkey "$PEOPLE/$o.key" \
            -passin "pass:$WORLD_PASS" -out "$S/archive/$INTAKE/authorise-${PLAN:0:16}-$o.p7s"
    done
}

# item N JQ: changes the N-th item of the plan.
item() {
    local plan=$S/archive/$INTAKE/plan.jsonl
    { head -n "$1" "$plan"; sed -n "$(($1 + 1))p" "$plan" | jq -c "$2"; tail -n "+$(($1 + 2))" "$plan"; } > "$C/plan"
    must_not cmp "$C/plan" "$plan"
    cp "$C/plan" "$plan"
}
# header JQ: changes its first line.
header() { item 0 "$1"; }

# in_log SED...: the log changed by it, and sealed anew.
in_log() {
    sed "$@" "$S/audit.jsonl" > "$C/changed"
    must_not cmp "$C/changed" "$S/audit.jsonl"
    forger seal < "$C/changed" > "$S/audit.jsonl"
}

# in_plan SED...: the plan has been changed: officers sign it, and the log has it and what they signed in the place of the old
# one, and whatever else the sed script changes.
in_plan() {
    local old=$PLAN o changes=()
    PLAN=$(world_root "$S/archive/$INTAKE/plan.jsonl")
    for o in officer-1 officer-2; do
        changes+=(-e "/\"type\":\"authorise\",.*\"plan\":\"$old\"/s/$(sha256sum < "$S/archive/$INTAKE/authorise-${old:0:16}-$o.p7s" | cut -c1-64)/$o/")
    done
    rm "$S/archive/$INTAKE"/authorise-*
    blindly officer-1 officer-3
    changes+=(-e "s/\"signature\":\"officer-1\"/\"signature\":\"$(digest_of 1)\"/" -e "s/\"signature\":\"officer-2\"/\"signature\":\"$(digest_of 3)\"/")
    changes+=(-e "/\"type\":\"authorise\",.*\"plan\":\"$old\"/s/$(certificate_of 2)/$(certificate_of 3)/" -e "s/\"plan\":\"$old\"/\"plan\":\"$PLAN\"/")
    in_log "${changes[@]}" "$@"
}
digest_of() { sha256sum < "$S/archive/$INTAKE/authorise-${PLAN:0:16}-officer-$1.p7s" | cut -c1-64; }
certificate_of() { openssl x509 -in "$PEOPLE/officer-$1.pem" -outform DER | sha256sum | cut -c1-64; }

# named NAME WORDS... [-- OPTIONS]: audit replay says these words, of an error.
named() {
    local name=$1 words=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do words+=("$1"); shift; done
    step "$name" audit replay --state "$S" --anchors "$ANCHORS" "${@:2}"
    for w in "${words[@]}"; do
        grep -q "^error  *.*$w" "$LAST.out" || { echo "$name: replay does not say: $w"; cat "$LAST.out"; exit 1; }
    done
}
# honest NAME [OPTIONS]: it finds nothing.
honest() {
    step "$1" audit replay --state "$S" --anchors "$ANCHORS" "${@:2}"
    must_not grep -q '^error' "$LAST.out"
}
bytes() { perl -e 'print pack("H*", $ARGV[0])' "$1"; }
