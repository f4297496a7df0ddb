#!/bin/bash
# promises.sh [RAN]: every test that the README's table or tests/PROMISES.md names for a promise is there: a scenario, a
# unit suite, a script, or a test of tests/check.c; and every promise of the README has its argument in PROMISES.md. With
# RAN, a file with the names of the tests that were run and passed, each of them is among these.
# Ends `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/.."
ran=${1:-}

passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok   $1"; }
bad() { failed=$((failed + 1)); echo "FAIL $1"; }
exists() { # WORD, which may be a pattern of scenarios
    local found
    found=$(compgen -G "tests/cases/$1" || true)
    [ -n "$found" ] && return
    [ -f "tests/unit/test_$1.c" ] || [ -f "tests/$1.sh" ] || grep -q "[\"(]$1[\",)]" tests/check.c
}
was_run() { # WORD: all that it stands for
    local found name
    found=$(compgen -G "tests/cases/$1" || true)
    for name in ${found:-$1}; do
        grep -qxF "$(basename "$name")" "$ran" || [[ $name == every_* ]] || return 1
    done
}
words() { # the words between backticks in the last column of the tables of FILE, from the line that begins TABLE
    sed -n "/^$2/,/^\$/p" "$1" | sed -n '3,$p' | awk -F'|' 'NF > 2 { print $(NF - 1) }' |
        awk -F'\140' '{ for (i = 2; i <= NF; i += 2) print $i }'
}
while IFS= read -r word; do
    if ! exists "$word"; then
        bad "the test $word is named for a promise, and there is none"
    elif [ -n "$ran" ] && ! was_run "$word"; then
        bad "the test $word was not run, or did not pass"
    else
        ok "$word"
    fi
done < <({ words README.md '| promise | test |'; words tests/PROMISES.md '| argument | tests |'; } | grep -v '^openssl\|^pkcs\|^cms\|^certtool\|^-vfyopt' | sort -u)
# Each row of the README is the title of a part of PROMISES.md.
while IFS= read -r promise; do
    if grep -qxF "## $promise" tests/PROMISES.md; then ok "argued: ${promise:0:60}"; else bad "no argument for: $promise"; fi
done < <(sed -n '/^| promise | test |/,/^$/p' README.md | sed -n '3,$p' | awk -F' [|] ' '/^\|/ { sub(/^\| /, "", $1); print $1 }')
# A word that fits none is no success; and where there are no programs, the world and the case that needs it fail.
elsewhere=$(mktemp -d)
check=${ROOTSEAL_BUILD:-build}/test/check
fails() { ! ROOTSEAL_BUILD=$elsewhere "$check" "$1" > "$elsewhere/said" 2>&1; }
if fails nosuchword; then ok "a word that no test has in its name"; else bad "a word that no test has in its name passes"; fi
if fails plain && grep -q '^0%: Checks: 2, Failures: 2, Errors: 0$' "$elsewhere/said"; then
    ok "a case that fails"
else
    bad "a case that fails is not told"
fi
rm -r "$elsewhere"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -ge 60 ]
