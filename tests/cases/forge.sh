# shellcheck shell=bash
# forge.sh - lines appended to the log by hand, as whoever can write to the state folder can: with no token, PIN or officer.
# The chain holds no secret, so each follows the last one as it should. Sourced by cases.

forge_line() { # TYPE TIME MEMBERS
    local last
    last=$(tail -n 1 "$S/audit.jsonl")
    printf '{"seq":%d,"time":"%s","type":"%s","prev":"%s",%s}\n' $(($(jq -r .seq <<< "$last") + 1)) "$2" "$1" \
        "$(printf %s "$last" | openssl dgst -sm3 | awk '{ print $NF }')" "$3" >> "$S/audit.jsonl"
}

# forge_intent TIME: the lines that the signer would write to begin with the plan of $INTAKE, which the officers authorised.
forge_intent() {
    local folder=$S/archive/$INTAKE o
    for o in officer-1 officer-2; do
        forge_line authorise "$1" "$(printf '"plan":"%s","officer":"%s","signature":"%s"' "$PLAN" \
            "$(openssl x509 -in "$PEOPLE/$o.pem" -outform DER | sha256sum | cut -d' ' -f1)" \
            "$(sha256sum < "$folder/authorise-${PLAN:0:16}-$o.p7s" | cut -d' ' -f1)")"
    done
    forge_line plan "$1" "$(head -n 1 "$folder/plan.jsonl" | jq -c --arg plan "$PLAN" \
        --argjson counts "$(tail -n 1 "$folder/plan.jsonl")" \
        '{batch, intake, plan: $plan, policy, authority, ra, sequence, issue: $counts.issue, refuse: $counts.refuse,
          status: $counts.status, lists: $counts.lists, program: "rootseal 0"}' | sed 's/^{//; s/}$//')"
}

# forge_policy DIGEST: a change of policy.
forge_policy() { forge_line policy "$(utc)" "\"policy\":\"$1\""; }

# last_time: of the log's last line.
last_time() { tail -n 1 "$S/audit.jsonl" | jq -r .time; }
