#!/bin/bash
# promises.sh: every test that the README's table names for a promise is there: a scenario, a unit suite, a script, or a
# test of tests/check.c; and every scenario's name in it can be run with `make check ONLY=word`.
# Ends `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0
exists() { # WORD
    local found
    found=$(compgen -G "tests/cases/$1" || true)
    [ -n "$found" ] && return
    [ -f "tests/unit/test_$1.c" ] || [ -f "tests/$1.sh" ] || grep -q "[\"(]$1[\",)]" tests/check.c
}
while IFS= read -r word; do
    if exists "$word"; then
        passed=$((passed + 1))
        echo "ok   $word"
    else
        failed=$((failed + 1))
        echo "FAIL the README names the test $word, and there is none"
    fi
done < <(sed -n '/^| promise | test |/,/^$/p' README.md | sed -n '3,$p' | awk -F'|' '{ print $3 }' |
    awk -F'\140' '{ for (i = 2; i <= NF; i += 2) print $i }' | sort -u)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -ge 30 ]
