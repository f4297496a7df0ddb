# shellcheck shell=bash disable=SC2034,SC2153 # some are for lib.sh, or its own
# operators.sh - the services of the six operators. Sourced by the cases op-NAME, which go through every cell of an
# operator's column in the table of services once, and year-NAME, which play a year of an operator's life.
#
# A case says by itself what the agreement says, so that it does not follow the policy's mistakes:
#
#   OFFERS        the services, each between blanks; those by somebody are named revoke:subscriber and so on
#   SUBSCRIBER, CEASED, OPERATOR   a reason of each, and with _CODE its number in a list
#   PROFILE, ALG  what persons get, and for which keys
#   OTHER_PROFILE  another profile, and OTHER_NAME what it wants in the name besides
#   FURTHER       the profile of another application
#   KEY           the key that signs
QUIET=1
UNKNOWN=00112233445566778899aabbccddeeff
declare -A SERIAL # by the request's id: what was issued
PERSON=',"identity":{"resident-id":"11010519491231002X"}'
WENT_IN=(王五 赵六 11010519491231002X 工厂)
LIST='' LISTED='' # the newest full list, and whether one was made since the year looked
offers() { case " $OFFERS " in *" $1 "*) ;; *) return 1 ;; esac; }
of() { printf '%s' "${SERIAL[$1]:-$UNKNOWN}"; }

# -- requests --

# apply OP ID [SERIAL]: for a new certificate. NAMED, WITH and AS before it: another name, key or profile.
apply() {
    csr "$2" "${WITH:-$ALG}" "/C=CN/CN=${NAMED:-王五 $2}"
    line "{\"id\":\"$2\",\"op\":\"$1\",\"profile\":\"${AS:-$PROFILE}\"${3:+,\"serial\":\"$3\"},\"csr\":\"$(
        base64 -w0 < "$C/keys/$2.csr")\",\"requested-at\":\"$(utc)\"$MEMBERS}"
}
# revoke ID BY REASON SERIAL [WHEN]
revoke() { about revoke "$1" "$4" ",\"by\":\"$2\",\"reason\":\"$3\"" "${5:-now}"; }
# list_asked OP ID: at the end of a batch
list_asked() { line "{\"id\":\"$2\",\"op\":\"$1\",\"key\":\"$KEY\",\"requested-at\":\"$(utc)\"}"; }
# seal OP ID [SERIAL]: well-formed; no authority of certificates looks further.
seal() {
    line "{\"id\":\"$2\",\"op\":\"$1\"${3:+,\"serial\":\"$3\"},\"name\":\"Works\",\"picture\":\"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\",\"width\":40,\"height\":40,\"holder\":\"$(
        openssl x509 -in "$PEOPLE/officer-1.pem" -outform DER | base64 -w0)\",\"requested-at\":\"$(utc)\"}"
}

# -- batches --

# sign_and_tell: from a planned batch to its results.
sign_and_tell() {
    officers
    do_sign
    [ "$STATUS" -eq 0 ] || return 0
    do_export
    local id serial
    while read -r id serial; do SERIAL[$id]=$serial; done \
        < <(jq -r 'select(.decision == "issued") | "\(.id) \(.serial)"' "$BUNDLE/results.jsonl")
    if compgen -G "$BUNDLE/*.crl" > /dev/null; then
        LIST=$(jq -r --arg key "$KEY" 'select(.decision == "crl" and .key == $key and .base == 0).file' "$BUNDLE/results.jsonl" | tail -n 1)
        LIST=$BUNDLE/$LIST
        LISTED=1
    fi
    # shellcheck disable=SC2046
    seen $(jq -r 'select(.code).code' "$BUNDLE/results.jsonl")
}
# round NAME: the whole way of the RA's next batch.
round() {
    ID=$RA-$1
    batch "$C/medium/in/$1"
    approve
    do_plan
    sign_and_tell
    do_import
    SEQUENCE=$((SEQUENCE + 1))
}
# lists [--delta]: those of the authority, without any RA.
# shellcheck disable=SC2120 # a case gives it an option
lists() {
    step crl signer crl --state "$S" --authority "$AUTHORITY" "$@"
    [ "$STATUS" -eq 0 ] || return 0
    INTAKE=$(awk '$1 == "batch" { print $2; exit }' "$LAST.out")
    PLAN=$(awk '$1 == "plan" { print $2; exit }' "$LAST.out")
    sign_and_tell
}
# responses: about every certificate, in advance, for an authority that offers online status.
responses() {
    step ocsp signer ocsp --state "$S" --authority "$AUTHORITY"
    if [ "$STATUS" -ne 0 ]; then
        say "cell ocsp.in-advance refused $CODE [$(sed -n '1s/.* \[\(.*\)\]$/\1/p' "$LAST.err")]"
        return
    fi
    INTAKE=$(awk '$1 == "batch" { print $2; exit }' "$LAST.out")
    PLAN=$(awk '$1 == "plan" { print $2; exit }' "$LAST.out")
    sign_and_tell
    tell
    step tree ra ocsp-tree --bundle "$BUNDLE" --anchors "$S/anchors" --to "$C/tree"
    find "$C/tree" -type f | while read -r f; do openssl ocsp -respin "$f" -noverify -resp_text < /dev/null; done |
        awk '/Serial Number:/ { serial = tolower($NF) } /Cert Status:/ { sub(/^0+/, "", serial); print serial, $NF }' > "$C/responses"
    local id status good=0
    for id in $(printf '%s\n' "${!SERIAL[@]}" | sort); do
        status=$(awk -v s="$(of "$id" | sed 's/^0*//')" '$1 == s { print $2 }' "$C/responses")
        if [ "$status" = good ]; then good=$((good + 1)); else say "answer $id ${status:-none}"; fi
    done
    say "answers good $good, all $(wc -l < "$C/responses")"
}
# tell: the answers of the newest bundle, each with its clause.
tell() {
    jq -r 'if .decision == "crl" then "list \(.key) \(if .base > 0 then "delta" else "full" end), \(.entries) entries [\(.clause)]"
        else ["cell", .id, .decision, (.code // empty), (if .late then "late" else empty end), "[" + .clause + "]"] | join(" ") end' \
        "$BUNDLE/results.jsonl" >> "$C/actual"
}

# -- lists, read by stock tools --

certificate() { # ID: as PEM
    jq -rs --arg id "$1" 'map(select(.id == $id and .certificate))[0].certificate' "$OUT"/*/results.jsonl |
        base64 -d | openssl x509 -inform DER
}
# list_good FILE: it is DER, and the key's certificate verifies it.
list_good() {
    local anchor=$S/anchors/$KEY.pem at
    must openssl asn1parse -inform DER -in "$1"
    cp "$LOGS/must" "$C/asn1"
    must openssl crl -inform DER -in "$1" -noout -text -nameopt utf8
    case $KEY in
    *rsa*) must openssl crl -inform DER -in "$1" -noout -verify -CAfile "$anchor" ;;
    *) # openssl crl has no way to take an SM2 ID: the parts by themselves
        openssl x509 -in "$anchor" -noout -pubkey > "$C/anchor.pub"
        at=$(awk -F: '/:d=1 / { print $1 + 0; exit }' "$C/asn1")
        must openssl asn1parse -inform DER -in "$1" -noout -strparse "$at" -out "$C/list.tbs"
        at=$(awk -F: '/:d=1 / { at = $1 + 0 } END { print at }' "$C/asn1")
        must openssl asn1parse -inform DER -in "$1" -noout -strparse "$at" -out "$C/list.sig"
        must openssl dgst -sm3 -sigopt "distid:$STD_ID" -verify "$C/anchor.pub" -signature "$C/list.sig" "$C/list.tbs"
        ;;
    esac
}
# entries FILE: each serial number, in lower case without zeros in front, and its reason as openssl names it
entries() {
    openssl crl -inform DER -in "$1" -noout -text |
        awk '/Serial Number:/ { if (s) print s, r; s = tolower($NF); sub(/^0+/, "", s); r = "" }
             /CRL Reason Code/ { getline; gsub(/^ +| /, ""); r = $0 }
             /Signature Algorithm/ && s { print s, r; exit }' | sed 's/ *$//' | sort
}
# tell_list: who stands in the newest list, and why.
tell_list() {
    local id serial reason
    list_good "$LIST"
    entries "$LIST" > "$C/entries"
    for id in $(printf "%s\n" "${!SERIAL[@]}" | sort); do
        serial=$(of "$id" | sed "s/^0*//")
        if reason=$(grep "^$serial" "$C/entries"); then say "listed $id${reason#"$serial"}"; fi
        crl_check "$id" "${reason:+listed}"
    done
}
# stands ID [REASON]: in the newest list, or, with nothing, not in it
stands() {
    local serial
    serial=$(of "$1" | sed "s/^0*//")
    [ "$(entries "$LIST" | awk -v s="$serial" "\$1 == s { print (\$2 ? \$2 : \"none\") }")" = "${2:-}" ] || { echo "$1 does not stand in $LIST as ${2:-nothing}"; exit 1; }
}
# crl_check ID [listed]: stock openssl verifies the certificate unless it is in the list. It cannot for SM2.
crl_check() {
    case $KEY in *rsa*) ;; *) return 0 ;; esac
    openssl crl -inform DER -in "$LIST" -out "$C/list.pem"
    certificate "$1" > "$C/one.pem"
    openssl verify -crl_check -CAfile "$S/anchors/$KEY.pem" -CRLfile "$C/list.pem" "$C/one.pem" > "$LOGS/verify" 2>&1 ||
        grep -q "certificate revoked" "$LOGS/verify"
    [ "${2:-}" = "$(sed -n "s/.*certificate revoked$/listed/p" "$LOGS/verify")" ] || { echo "openssl verify on $1:"; cat "$LOGS/verify"; exit 1; }
}

# nothing_told ID: the log holds no name and no number that went in; the certificate ID shows that the search finds them.
nothing_told() {
    local text
    for text in "${WENT_IN[@]}"; do
        if holds "$S/audit.jsonl" "$text"; then say "the log holds $text"; fi
    done
    certificate "$1" | openssl x509 -outform DER -out "$C/one.der"
    must holds "$C/one.der" 王五
    must holds "$C/one.der" 11010519491231002X
}

# -- every cell once --

cells() {
    local id
    for id in accepted renewed changed extended held lost ceased withdrawn; do apply issue issue.$id; done
    MEMBERS=$PERSON apply issue issue.registered
    WITH=key=$C/keys/issue.accepted.key apply issue issue.key-of-another
    round issue
    tell
    at_once
    round at-once
    tell
    tell_list
    responses
    clock '+340 days'
    near_the_end
    round near-the-end
    tell
    clock '+400 days'
    after_the_end
    round after-the-end
    tell
    # shellcheck disable=SC2119
    lists
    tell
    list_good "$LIST"
    nothing_told issue.registered
}

# What can be asked in the first hour. A cell that is not offered has one line.
at_once() {
    about accept accept "$(of issue.accepted)"
    about accept accept.twice "$(of issue.accepted)"
    if offers change; then
        NAMED='王五 issue.changed' apply change change.nothing "$(of issue.changed)"
        apply change change.unknown $UNKNOWN
    fi
    apply change change "$(of issue.changed)"
    if offers add-application; then
        NAMED='王五 issue.extended' apply add-application add-application.same "$(of issue.extended)"
        AS=$FURTHER apply add-application add-application.other-subject "$(of issue.extended)"
    fi
    NAMED='王五 issue.extended' AS=$FURTHER apply add-application add-application "$(of issue.extended)"
    offers resume && about resume resume.not-held "$(of issue.held)"
    about suspend suspend "$(of issue.held)"
    if offers suspend; then
        about suspend suspend.twice "$(of issue.held)"
        NAMED='王五 issue.held' apply renew renew.held "$(of issue.held)"
    fi
    about resume resume "$(of issue.held)"
    cell_revoke lost subscriber "$SUBSCRIBER"
    cell_revoke ceased ceased "$CEASED"
    cell_revoke withdrawn operator "$OPERATOR" '2 days ago'
    NAMED='王五 issue.lost' apply renew renew.revoked "$(of issue.lost)"
    offers change && apply change change.revoked "$(of issue.lost)"
    offers suspend && about suspend suspend.revoked "$(of issue.lost)"
    offers resume && about resume resume.revoked "$(of issue.lost)"
    NAMED='王五 issue.renewed' apply renew renew.in-the-first-hour "$(of issue.renewed)"
    seal seal-issue seal-issue
    seal seal-renew seal-renew $UNKNOWN
    for id in subscriber ceased operator; do
        about seal-revoke "seal-revoke.$id" $UNKNOWN ",\"by\":\"$id\",\"reason\":\"seal-lost\""
    done
    list_asked ocsp ocsp
}
# cell_revoke ISSUED BY REASON [WHEN]
cell_revoke() {
    if offers "revoke:$2"; then
        revoke "revoke-$2.unknown" "$2" "$3" $UNKNOWN
        revoke "revoke-$2.no-reason" "$2" boredom "$(of "issue.$1")"
    fi
    revoke "revoke-$2" "$2" "$3" "$(of "issue.$1")" "${4:-now}"
    offers "revoke:$2" && revoke "revoke-$2.twice" "$2" "$3" "$(of "issue.$1")"
    return 0
}

near_the_end() {
    NAMED='王五 else' apply renew renew.other-subject "$(of issue.renewed)"
    AS=$OTHER_PROFILE NAMED="王五 issue.renewed$OTHER_NAME" apply renew renew.other-profile "$(of issue.renewed)"
    NAMED='王五 issue.changed' apply renew renew.superseded "$(of issue.changed)"
    NAMED='王五 issue.accepted' WITH=key=$C/keys/issue.accepted.key apply renew renew.same-key "$(of issue.accepted)"
    NAMED='王五 issue.renewed' apply renew renew "$(of issue.renewed)"
}

after_the_end() {
    NAMED='王五 issue.renewed' apply renew renew.expired "$(of issue.renewed)"
    revoke revoke.expired subscriber "$SUBSCRIBER" "$(of issue.renewed)"
    about accept accept.expired "$(of issue.renewed)"
}
