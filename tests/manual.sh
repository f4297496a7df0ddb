#!/bin/bash
# manual.sh - every man page is free of warnings by mandoc, and every bash script by shellcheck. A tool that is not there is
# said to be missing, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
while IFS= read -r page; do
    if mandoc -T lint -W warning "$page"; then echo "ok   $page"; else echo "FAIL $page"; failed=$((failed + 1)); fi
done < <(find signer ceremony policy -name '*.[157]' | sort)
while IFS= read -r script; do
    if shellcheck -x "$script"; then echo "ok   $script"; else echo "FAIL $script"; failed=$((failed + 1)); fi
done < <(grep -rlE '^#!/bin/(ba)?sh' --include='*.sh' tests images; ls tests/cases/run tests/cases/world)
# The fragments are sourced: what they set and read is seen by the runner only.
if shellcheck -s bash -e SC1091,SC2034,SC2154,SC2153,SC2317 tests/cases/*/input tests/cases/lib.sh tests/cases/common.sh; then
    echo "ok   tests/cases"
else
    echo "FAIL tests/cases"
    failed=$((failed + 1))
fi
echo "$failed failed"
[ "$failed" -eq 0 ]
