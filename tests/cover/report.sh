#!/bin/bash
# report.sh BUILD - what the unit suites reached, as a table and as BUILD/report.txt; then each branch that was not taken
# in the code that decides, logs, reads DER or approves must be explained in unreached.txt. Ends `N passed, N failed`: a
# file, or an explanation, each.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
build=$1
wanted='^signer/(batch/(decide|approval|header|request|authorise)|log/[a-z_]+|pki/(der|csr|cert|name|san|tbs_view|lint[a-z_]*|cms[a-z_]*|p7b)|core/(json|base64))[.]c$'
passed=0
failed=0
pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL $1"; }

gcovr -r . --object-directory "$build" --filter '(signer|ceremony|policy)/' --json "$build/cover.json" \
    --json-summary "$build/summary.json" "$build"/obj/{signer,ceremony,policy}
jq -r '.files[] | [.filename, .line_percent, .branch_covered, .branch_total, .branch_percent] | @tsv' "$build/summary.json" |
    awk -F'\t' 'BEGIN { printf "%-40s %9s %17s\n", "file", "lines", "branches" }
        { printf "%-40s %8.1f%% %7d/%-5d %5.1f%%\n", $1, $2, $3, $4, $5 }' > "$build/report.txt"
jq -r '"all: \(.line_percent)% of lines, \(.branch_percent)% of branches"' "$build/summary.json" >> "$build/report.txt"
cat "$build/report.txt"

# Every line with a branch that was not taken, as FILE<TAB>NUMBER<TAB>TEXT.
jq -r '.files[] | .file as $f | .lines[] | select([.branches[] | select(.count == 0)] | length > 0)
    | [$f, .line_number] | @tsv' "$build/cover.json" | awk -F'\t' -v w="$wanted" '$1 ~ w' | sort -u |
    while IFS=$'\t' read -r file number; do
        printf '%s\t%s\t%s\n' "$file" "$number" "$(sed -n "${number}s/^ *//p" "$file")"
    done > "$build/missing.txt"

# unreached.txt: a reason, and below it, indented, the lines that it explains: FILE (below signer/): a part of the line.
entries=$(grep -E '^ +[a-z]' "$here/unreached.txt" | sed 's/^ *//' || true)
: > "$build/explained.txt"
while IFS= read -r entry; do
    file=${entry%%: *} text=${entry#*: }
    if F=signer/$file T=$text awk -F'\t' '$1 == ENVIRON["F"] && index($3, ENVIRON["T"]) { print $1 "\t" $2; hit = 1 } END { exit !hit }' \
        "$build/missing.txt" >> "$build/explained.txt"; then pass
    else fail "unreached.txt: this is reached, or not there: $file: $text"; fi
done <<< "$entries"
while IFS=$'\t' read -r file number text; do
    if grep -qxF "$file"$'\t'"$number" "$build/explained.txt"; then pass; else fail "$file:$number: $text"; fi
done < "$build/missing.txt"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
