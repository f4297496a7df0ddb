#!/bin/bash
# report.sh BUILD - what was reached (cover.mk), as a table and as BUILD/report.txt; then each branch that was not taken
# in the code that decides, logs, reads DER or approves (groups.txt) must be explained in unreached.txt. Ends `N passed, N
# failed`: a line with such a branch, or an explanation, each.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
build=$1
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

# groups.txt: a group, and the files (a pattern of the shell) that are in it.
file_group() {
    local group pattern
    while read -r group pattern; do
        # shellcheck disable=SC2053 # a pattern
        if [[ ${1#signer/} == $pattern ]]; then [ "$group" = - ] || echo "$group"; return; fi
    done < "$here/groups.txt"
}
jq -r '.files[].filename' "$build/summary.json" | while IFS= read -r file; do
    group=$(file_group "$file")
    if [ -n "$group" ]; then printf '%s\t%s\n' "$file" "$group"; fi
done > "$build/groups.txt"

# A line, with what tells it from others that read the same: what is done when a condition alone is on it, and in front of one
# that asks what failed, what did.
text_of() { # FILE NUMBER
    awk -v n="$2" '{ sub(/^ */, "") }
        NR == n - 1 { before = $0 }
        NR == n { text = (/^if \(e(rr)? != E_OK\)/ ? before " " : "") $0; alone = /^(} )?(else )?(if|while|for) \(.*\)( {)?$/ }
        NR == n + 1 { print text (alone ? " " $0 : ""); exit }' "$1"
}

# Every line with a branch that was not taken, as FILE<TAB>NUMBER<TAB>TEXT.
jq -r '.files[] | .file as $f | .lines[] | select([.branches[] | select(.count == 0)] | length > 0)
    | [$f, .line_number] | @tsv' "$build/cover.json" |
    awk -F'\t' 'NR == FNR { wanted[$1] = 1; next } $1 in wanted' "$build/groups.txt" - | sort -u |
    while IFS=$'\t' read -r file number; do
        printf '%s\t%s\t%s\n' "$file" "$number" "$(text_of "$file" "$number")"
    done > "$build/missing.txt"

# unreached.txt: a reason, and below it, indented, the lines that it explains: FILE (signer/ is left out): a part of the line.
entries=$(grep -E '^ +[a-z]' "$here/unreached.txt" | sed 's/^ *//' || true)
: > "$build/explained.txt"
while IFS= read -r entry; do
    file=${entry%%: *} text=${entry#*: }
    if F=$file T=$text awk -F'\t' '($1 == ENVIRON["F"] || $1 == "signer/" ENVIRON["F"]) && index($3, ENVIRON["T"]) { print $1 "\t" $2; hit = 1 } END { exit !hit }' \
        "$build/missing.txt" >> "$build/explained.txt"; then pass
    else fail "unreached.txt: this is reached, or not there: $file: $text"; fi
done <<< "$entries"
while IFS=$'\t' read -r file number text; do
    if grep -qxF "$file"$'\t'"$number" "$build/explained.txt"; then pass; else fail "$file:$number: $text"; fi
done < "$build/missing.txt"

# The groups in one line each; of their lines with a branch that was not taken, how many.
jq -r '.files[] | [.filename, .line_covered, .line_total, .branch_covered, .branch_total] | @tsv' "$build/summary.json" |
    awk -F'\t' 'FILENAME == ARGV[1] { group[$1] = $2; next } FILENAME == ARGV[2] { missing[group[$1]]++; next }
        $1 in group { g = group[$1]; l[g] += $2; lines[g] += $3; b[g] += $4; branches[g] += $5 }
        END { for (g in lines) printf "%s: %d/%d lines (%.1f%%), %d/%d branches (%.1f%%), those missing on %d lines\n", g,
            l[g], lines[g], 100 * l[g] / lines[g], b[g], branches[g], 100 * b[g] / branches[g], missing[g] }' \
        "$build/groups.txt" "$build/missing.txt" - | sort | tee -a "$build/report.txt"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
