# script.sh - the head of scripts that check something in the common world, which it makes. Sets ROOT, BUILD, W, BIN and all
# of cases/common.sh, stands in ROOT, and counts in passed and failed.
# shellcheck shell=bash disable=SC2034
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${ROOTSEAL_BUILD:-build}
cd "$ROOT" || exit
tests/cases/world
W=$ROOT/$BUILD/test/world
BIN=$W/bin
# shellcheck source=tests/cases/common.sh
. tests/cases/common.sh
SAID=$ROOT/$BUILD/test/$(basename "$0" .sh).said
passed=0 failed=0

check() { # NAME COMMAND...: what must be true
    if "${@:2}" > "$SAID" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $1"
    else
        failed=$((failed + 1))
        echo "FAIL $1: $(tail -3 "$SAID")"
    fi
}
not() { ! "$@"; }
