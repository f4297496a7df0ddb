#!/bin/bash
# run.sh [--apply-only] [NAME ...] - the checks are checked: each defect here, or those named, is planted into a copy of the
# project, and the sweep that is there to find it must fail.
#
#   NAME.patch  a unified diff against the product, paths as git writes them; its first lines say what is taken away
#   NAME.sweep  one line: the command, run by bash in the copy's root after `make all`, that must fail with this defect. It
#               must end with the line `N passed, N failed` of all sweeps, or Check's `N%: Checks: N, Failures: N, Errors: N`:
#               a build that breaks, or a sweep that cannot begin, is no finding. Nor is a world that cannot be made, or a
#               case or script that took too long.
#
# With --apply-only nothing is built: it only shows that every patch still fits, exactly, and has its sweep.
# Ends `N passed, N failed`. What was said is in build/test/defects/NAME.log.
set -euo pipefail
cd "$(dirname "$0")/../.."
ROOT=$PWD
apply_only=
if [ "${1:-}" = --apply-only ]; then apply_only=1; shift; fi
C=$ROOT/build/test/defects
mkdir -p "$C"

passed=0 failed=0
fail() { echo "FAIL $*"; failed=$((failed + 1)); }
pass() { echo "ok   $*"; passed=$((passed + 1)); }

fits() { # NAME [--dry-run]: no fuzz, and nothing that is there already
    patch -p1 --forward --fuzz=0 --batch --quiet "${@:2}" < "$ROOT/tests/defects/$1.patch" > "$C/$1.log" 2>&1
}

# The sources alone, once: what is built there is without a defect, so that each costs what depends on it, and no more.
make_copy() {
    rm -rf "$C/copy"
    mkdir -p "$C/copy"
    tar -C "$ROOT" --exclude=./build --exclude=./.git -cf - . | tar -C "$C/copy" -xf -
    build build/test/check > "$C/copy.log" 2>&1 || { echo "the copy does not build: $C/copy.log"; exit 1; }
}
build() { (cd "$C/copy" && env -u ROOTSEAL_BUILD -u MAKEFLAGS -u MAKELEVEL make -s -j"${JOBS:-$(nproc)}" all "$@"); }
plant() { (cd "$C/copy" && fits "$1") && build >> "$C/$1.log" 2>&1; } # NAME
take_out() { # NAME
    (cd "$C/copy" && patch -p1 --reverse --fuzz=0 --batch --quiet < "$ROOT/tests/defects/$1.patch") ||
        { echo "$1 does not come out again"; exit 1; }
}

CLOSING='^[0-9]+ passed, [0-9]+ failed$|^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$'
closing() { grep -aE "$CLOSING" "$C/$1.log" | tail -1; } # NAME

find_it() { # NAME: the closing line decides
    local status=0
    (cd "$C/copy" && env -u ROOTSEAL_BUILD -u MAKEFLAGS -u MAKELEVEL bash -c "$(cat "$ROOT/tests/defects/$1.sweep")") \
        >> "$C/$1.log" 2>&1 || status=$?
    [ "$status" -ne 0 ] && ! grep -qaE ':[FE]:world:|, its time was up$' "$C/$1.log" && closing "$1" | grep -qvE ', 0 failed$|^100%:'
}

check() { # NAME
    if [ ! -s "tests/defects/$1.sweep" ] || [ "$(wc -l < "tests/defects/$1.sweep")" -ne 1 ]; then
        fail "$1.sweep is not one line"
    elif ! fits "$1" --dry-run; then
        fail "$1.patch does not fit: the product has moved under it, plant the defect anew"
    elif [ -n "$apply_only" ]; then
        pass "$1 fits"
    else
        if ! plant "$1"; then fail "$1 does not build: $C/$1.log"
        elif find_it "$1"; then pass "$1 is found: $(closing "$1")"
        else fail "$1 is not found: $(tail -1 "$C/$1.log")"; fi
        take_out "$1"
    fi
}

if [ $# -eq 0 ]; then
    for patch in tests/defects/*.patch; do set -- "$@" "$(basename "$patch" .patch)"; done
fi
[ -n "$apply_only" ] || make_copy
for name in "$@"; do check "$name"; done
for sweep in tests/defects/*.sweep; do
    [ -e "${sweep%.sweep}.patch" ] || fail "$(basename "$sweep") has no patch"
done
rm -rf "$C/copy"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
