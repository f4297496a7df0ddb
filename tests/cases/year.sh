# shellcheck shell=bash disable=SC2034,SC2153 # some are for lib.sh, or its own
# year.sh - a year of an operator's life, told in days. Sourced by the cases year-NAME after operators.sh and their own
# settings.
#
# What should have become of each certificate is written down as the year goes, from the script and not from any answer:
# $C/truth has one line an event, "ID STATUS". At the end it is held against the last list, the log, and the auditor.
# shellcheck source=tests/cases/report.sh
. "$ROOT/tests/cases/report.sh"
: > "$C/truth"
# What the reasons that the cases choose are in a list (RFC 5280 5.3.1), and how openssl names it.
SUBSCRIBER_CODE=1 CEASED_CODE=5 OPERATOR_CODE=9
NAMES=([1]=KeyCompromise [4]=Superseded [5]=CessationOfOperation [9]=PrivilegeWithdrawn)
becomes() { # STATUS ID...
    local id
    for id in "${@:2}"; do printf '%s %s\n' "$id" "$1" >> "$C/truth"; done
}
# truth: the last of each certificate, by serial number
truth() {
    awk '{ last[$1] = $0 } END { for (id in last) print last[id] }' "$C/truth" | while read -r id status; do printf '%s %s\n' "$(of "$id")" "$status"; done | sort
}

day() { clock "+$1 days"; }
month() { # DAY: there was a full list since the last time, or one is made
    day "$1"
    [ -n "$LISTED" ] || lists
    LISTED=
    months=$((months + 1))
}
months=0

year() {
    local id
    for id in a b c d e f g h; do apply issue $id; done
    MEMBERS=$PERSON apply issue i
    round first-day
    becomes good a b c d e f g h i

    day 10
    about accept a.accept "$(of a)"
    about accept b.accept "$(of b)"
    if offers suspend; then
        about suspend c.suspend "$(of c)"
        becomes held c
    fi
    revoke d.revoke subscriber "$SUBSCRIBER" "$(of d)"
    becomes "revoked $SUBSCRIBER_CODE" d
    round second
    month 30
    stands d KeyCompromise
    if offers suspend; then stands c CertificateHold; fi

    day 50
    if offers resume; then
        about resume c.resume "$(of c)"
        becomes good c
    fi
    if offers change; then
        NAMED='赵六 e2' apply change e2 "$(of e)"
        becomes 'revoked 4' e
        becomes good e2
    fi
    if offers suspend; then
        about suspend f.suspend "$(of f)"
        becomes held f
    fi
    if [ -s "$C/lines" ]; then round third; fi
    month 60
    stands c
    if offers change; then stands e Superseded; fi

    day 85
    revoke g.revoke operator "$OPERATOR" "$(of g)" '2 days ago'
    becomes "revoked $OPERATOR_CODE" g
    if offers add-application; then
        NAMED='王五 h' AS=$FURTHER apply add-application h2 "$(of h)"
        becomes 'revoked 4' h
        becomes good h2
    fi
    round fourth
    month 90
    day 100
    if offers revoke:ceased; then
        revoke f.revoke ceased "$CEASED" "$(of f)"
        becomes "revoked $CEASED_CODE" f
    else
        revoke f.revoke operator "$OPERATOR" "$(of f)"
        becomes "revoked $OPERATOR_CODE" f
    fi
    round fifth
    month 120

    day 150
    for id in j k m; do apply issue $id; done
    becomes good j k m
    round sixth
    month 150
    month 180
    day 200
    revoke k.revoke operator "$OPERATOR" "$(of k)"
    becomes "revoked $OPERATOR_CODE" k
    round seventh
    month 210
    month 240
    if offers suspend; then
        day 250
        about suspend m.suspend "$(of m)"
        becomes held m
        round eighth
    fi
    month 270
    day 280
    revoke j.revoke subscriber "$SUBSCRIBER" "$(of j)"
    becomes "revoked $SUBSCRIBER_CODE" j
    with_delta
    month 300
    month 330

    day 340
    apply_again renew a2 a
    MEMBERS=$PERSON apply_again renew i2 i
    becomes good a2 i2
    round ninth
    day 345
    revoke i.revoke subscriber "$SUBSCRIBER" "$(of i)"
    becomes "revoked $SUBSCRIBER_CODE" i
    round tenth
    answers
    month 360
    day 370
    becomes expired a b c
    if ! offers change; then becomes expired e; fi
    if ! offers add-application; then becomes expired h; fi
    apply_again renew b2 b
    revoke i2.revoke operator "$OPERATOR" "$(of i2)"
    becomes "revoked $OPERATOR_CODE" i2
    list_asked crl list # beside the one that the revocation brings; both carry for the last time who ended on the 365th day
    round eleventh
    must test "$(jq -r 'select(.id == "b2").code' "$BUNDLE/results.jsonl")" = E_CERT_EXPIRED
    stands i KeyCompromise
    LISTED=
    month 390
    end_of_year
    nothing_told i
}
# apply_again OP ID OLD: the same subject, with a new key
apply_again() { NAMED="王五 $3" apply "$1" "$2" "$(of "$3")"; }

# with_delta: the batch brings a delta list at its end and then, as every batch that revokes, a full one. What the last full
# list and the delta say together is what the next full one says.
with_delta() {
    if ! offers delta; then
        round ninth-month
        return
    fi
    local base=$LIST delta
    list_asked delta-crl delta
    round ninth-month
    delta=$BUNDLE/$(jq -r 'select(.id == "delta").file' "$BUNDLE/results.jsonl")
    list_good "$delta"
    must test "$(entries "$delta" | wc -l)" -ge 1
    { entries "$delta"; entries "$base"; } | awk '!seen[$1]++ && $2 != "RemoveFromCRL"' | sort > "$C/together"
    must diff "$C/together" <(entries "$LIST")
}

# answers: where there is a responder, each certificate has a response, and it says the truth.
answers() {
    local serial status path n=0
    [ -e "$S/anchors/$AUTHORITY-ocsp-sm2.pem" ] || return 0
    step ocsp signer ocsp --state "$S" --authority "$AUTHORITY"
    INTAKE=$(awk '$1 == "batch" { print $2; exit }' "$LAST.out")
    PLAN=$(awk '$1 == "plan" { print $2; exit }' "$LAST.out")
    sign_and_tell
    must ra ocsp-tree --bundle "$BUNDLE" --anchors "$S/anchors" --to "$C/responses"
    while read -r serial status; do
        openssl ocsp -issuer "$S/anchors/$KEY.pem" -serial "0x$serial" -no_nonce -reqout "$C/request" 2> /dev/null
        path=$(base64 -w0 < "$C/request" | sed 's|//*|/|g; s|/$|/index|')
        if [ "$status" = held ]; then status=hold; fi
        must faketime -f "$(printf '%+d' "$MOVED")" "$ROOT/$BUILD/test/status" check "$S/anchors/$KEY.pem" "$C/responses/$path" "$serial" "${status% *}"
        n=$((n + 1))
    done < <(truth)
    must test "$(find "$C/responses" -type f | wc -l)" -eq $n
    say "responses $n"
}

# -- the end --

end_of_year() {
    truth > "$C/truth.last"
    awk '{ print $2 }' "$C/truth.last" | sort | uniq -c | awk '{ print "at the end", $2, $1 }' >> "$C/actual"
    say "monthly lists $months"
    must diff "$C/truth.last" <(status_by_log)
    must diff "$C/truth.last" <(status_by_auditor)
    must audit replay --state "$S" --anchors "$W/state/anchors"
    report_of "$C/report.html"
    report_agrees "$C/report.html"
    must diff <(standing_by_truth) <(standing_by_report)
    list_good "$LIST"
    must diff <(listed_by_truth) <(entries "$LIST")
    say "on the last list $(entries "$LIST" | wc -l)"
}

# ends: when each certificate ends, by serial number
ends() {
    jq -r 'select(.decision == "issued").certificate' "$OUT"/*/results.jsonl | while read -r cert; do
        base64 -d <<< "$cert" | openssl x509 -inform DER -noout -serial -enddate -dateopt iso_8601 | tr 'A-Z\n' 'a-z ' |
            sed 's/serial=\([0-9a-f]*\) notafter=\([-0-9]*\) \([0-9:]*\)z.*/\1 \2T\3Z\n/'
    done
}
# status_by_log: from the log's lines, and the ends of the certificates, by stock tools alone
status_by_log() {
    local now serial status end
    now=$(utc)
    ends > "$C/ends"
    jq -r 'if .type == "issued" then "\(.serial) good", (if .supersedes != "" then "\(.supersedes) revoked 4" else empty end)
        elif .type == "revoked" then "\(.serial) " + (if .status == "revoked" then "revoked \(."reason-code")" elif .status == "held" then "held" else "good" end)
        else empty end' "$S/audit.jsonl" | awk '{ last[$1] = $0 } END { for (s in last) print last[s] }' |
        while read -r serial status; do
            end=$(awk -v s="$serial" '$1 == s { print $2 }' "$C/ends")
            [ -n "$end" ] || echo "no end of $serial"
            if [ "$status" = good ] && [[ $end < $now ]]; then status=expired; fi
            printf '%s %s\n' "$serial" "$status"
        done | sort
}

# status_by_auditor: from `audit status`, which verifies all, too
status_by_auditor() {
    step status audit status --state "$S" --anchors "$W/state/anchors" --json
    AUDITED=1
    jq -r '"\(.serial) \(if .status == "revoked" then "revoked \(."reason-code")" elif .status == "superseded" then "revoked 4" else .status end)"' \
        "$LAST.out" | sort
}

# how many certificates stand how
standing_by_truth() {
    awk '{ print $2 == "revoked" && $3 == 4 ? "superseded" : $2 }' "$C/truth.last" | sort | uniq -c | awk '{ print $2, $1 }'
}
standing_by_report() {
    rows "$C/report.html" 'How the certificates stand' |
        awk -F'|' 'BEGIN { split("- - good held superseded revoked expired", name, " ") } { for (i = 3; i <= 7; i++) n[name[i]] += $i }
            END { for (k in n) if (n[k] > 0) print k, n[k] }' | sort
}

# listed_by_truth: who should stand in the last list: not those who ended before the one before it
listed_by_truth() {
    local serial status
    while read -r serial status code; do
        case $status in revoked) status=${NAMES[$code]} ;; held) status=CertificateHold ;; *) continue ;; esac
        printf '%s %s\n' "$serial" "$status"
    done < <(grep -vF -f <(for id in $LEFT; do of "$id"; echo; done) "$C/truth.last") | sed 's/^0*//' | sort
}
LEFT='d e f g h i' # ended on the 365th day, and were listed after it
