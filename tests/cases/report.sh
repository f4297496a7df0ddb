# shellcheck shell=bash
# report.sh - the report of an audit, read back and held against figures that jq counts in the log. Sourced by cases.
#
# A page is well-formed XML with each row of a table on a line of its own; that is all that is assumed of it.

# report_of FILE [OPTION...]: not a step
report_of() { audit report --state "$S" --anchors "$W/state/anchors" "${@:2}" > "$1"; }
# rows FILE HEADING: of the tables under that heading, cells parted by |, without the sums
rows() {
    sed -n "/^<h[23]>$2<\/h[23]>\$/,/^<\/section>\$/ { /^<\/table>\$/q; /^<tr><td/ { s/^<tr><td[^>]*>//; s/<\/td><\/tr>\$//; s/<\/td><td[^>]*>/|/gp } }" "$1" | grep -v '^all|' || true
}
# closed FILE: it can be parsed, needs nothing else, runs nothing, and names nobody who went in.
closed() {
    local name
    must xmllint --noout "$1"
    must_not grep -qE '(https?|ftp|file):|(src|href)=|url\(|@import|<(script|iframe|object|embed|link|img)' "$1"
    for name in "${WENT_IN[@]:-Neighbour}"; do must_not grep -qF "$name" "$1"; done
}
same() { must diff <(sort "$1") <(sort "$2"); } # FILE FILE

BY_PROFILE='(reduce (.[] | select(.type == "issued")) as $l ({}; .[$l.authority + $l.serial] = $l.profile)) as $of
    | [.[] | if .type == "issued" then {p: .profile, f: (["issued"] + if .supersedes != "" then ["superseding"] else [] end)}
        elif .type == "revoked" then {p: $of[.authority + .serial], f: [.status]}
        elif .type == "accepted" then {p: $of[.authority + .serial], f: ["accepted"]} else empty end + {a: .authority}]
    | group_by([.a, .p])[] | map(.f[]) as $f
    | [.[0].a, .[0].p, (("issued", "superseding", "revoked", "held", "released", "accepted") as $k | $f | map(select(. == $k)) | length | tostring)]
    | join("|")'
BY_RA='(reduce (.[] | select(.type == "plan")) as $l ({}; .[$l.batch] = [$l.authority, $l.ra])) as $of
    | [.[] | select(.type == "plan" or .type == "issued" or .type == "revoked" or (.type == "refused" and .n > 0))
        | {of: $of[.batch], f: (if .type == "revoked" then .status else .type end)}]
    | group_by(.of)[] | map(.f) as $f
    | (.[0].of + [("plan", "issued", "refused", "revoked", "held", "released") as $k | $f | map(select(. == $k)) | length | tostring]) | join("|")'
BY_MONTH='group_by(.time[0:7])[] | .[0].time[0:7] as $month | map(if .type == "refused" then if .n > 0 then .type else empty end
        elif .type == "revoked" then .status elif .type == "ocsp" then "crl" elif .type == "ceremony" and .done > 0 then empty else .type end) as $f
    | [$month, (("plan", "issued", "refused", "revoked", "crl", "seal", "ceremony") as $k | $f | map(select(. == $k)) | length | tostring)]
    | join("|")'
BY_OFFICER='(reduce (.[] | select(.type == "plan")) as $l ({}; .[$l.plan] = $l)) as $of
    | [.[] | select(.type == "authorise")] | group_by(.officer)[]
    | (unique_by(.plan) | map($of[.plan] // empty)) as $plans
    | ["officer", "–", .[0].officer[0:16] + "…", length, ($plans | length, (map(.issue) | add // 0), (map(.refuse) | add // 0), (map(.status) | add // 0))]
    | map(tostring) | join("|")'
LATE='.[] | select(.type == "revoked" and .late) | [.seq, .authority, .serial, (.asked, .time | sub("T"; " ") | sub("Z"; ""))] | map(tostring) | join("|")'
REFUSED='[.[] | select(.type == "refused")] | group_by([.code, .clause])[]
    | [.[0].code, .[0].clause, (map(select(.n > 0)) | length), (map(select(.n == 0)) | length)] | map(tostring) | join("|")'
by_log() { jq -rs "$1" "${2:-$S/audit.jsonl}"; }

# by_archive: who approved which plans, from the plans
by_archive() {
    local intake ra issue refuse status
    while read -r intake ra issue refuse status; do
        head -n 1 "$S/archive/$intake/plan.jsonl" | jq -r --arg f "$ra $issue $refuse $status" '.approvals[] | "\(.role) \(.certificate) \($f)"'
    done < <(jq -r 'select(.type == "plan") | "\(.intake) \(.ra) \(.issue) \(.refuse) \(.status)"' "$S/audit.jsonl") |
        awk '{ k = $1 "|" $3 "|" substr($2, 1, 16) "…"; n[k]++; i[k] += $4; r[k] += $5; s[k] += $6 }
            END { for (k in n) print k "|" n[k] "|" n[k] "|" i[k] "|" r[k] "|" s[k] }'
}

# report_agrees FILE: each figure is what the log's lines come to, and nothing is left out.
report_agrees() {
    local page=$1 d=$C/figures
    mkdir -p "$d"
    closed "$page"
    rows "$page" 'By authority and profile' > "$d/profile"
    same "$d/profile" <(by_log "$BY_PROFILE")
    rows "$page" 'By authority and RA' > "$d/ra"
    same "$d/ra" <(by_log "$BY_RA")
    rows "$page" 'Month by month' > "$d/months"
    same "$d/months" <(by_log "$BY_MONTH" | grep -v '|0|0|0|0|0|0|0$')
    rows "$page" 'By person and role' > "$d/persons"
    same "$d/persons" <({ by_log "$BY_OFFICER"; by_archive; })
    rows "$page" 'Every late one' | sed 's/|[^|]*$//' > "$d/late"
    same "$d/late" <(by_log "$LATE")
    rows "$page" 'What was refused, and why' | sed 's/^[^|]*|\(E_[A-Z0-9_]*\): [^|]*/\1/' > "$d/refused"
    same "$d/refused" <(by_log "$REFUSED")
    must test "$(wc -l < "$d/profile")" -ge 1
    must test "$(grep -c '^<h3>' < <(sed -n '/^<h2>Keys, /,$ p' "$page"))" -eq "$(grep -c '"type":"keygen"' "$S/audit.jsonl")"
}
