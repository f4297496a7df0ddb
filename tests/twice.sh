#!/bin/bash
# twice.sh BUILD: two builds give the same bits. Builds the programs again in another folder, under another umask, time
# zone and language, and compares them with those in BUILD. Ends `N passed, N failed`.
set -euo pipefail

build=$1
case $build in *san) # a sanitizer build is not what is installed
    echo "the sanitizer build is not compared"
    echo "0 passed, 0 failed"
    exit 0
    ;;
esac
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
passed=0 failed=0

mkdir -p "$copy/somewhere/else"
tar c --exclude=./build --exclude=./.git . | tar x -C "$copy/somewhere/else"
if ! (cd "$copy/somewhere/else" && umask 077 && env -u MAKEFLAGS -u MFLAGS TZ=Asia/Shanghai LC_ALL=C make -s -j"${JOBS:-$(nproc)}") \
    > "$copy/log" 2>&1; then
    tail -n 20 "$copy/log"
    echo "the second build failed"
    exit 1
fi
for program in signer ceremony audit ra policyc softhsm-sm2.so softhsm-sm2-inner.so locale/zh_CN/LC_MESSAGES/rootseal.mo; do
    if cmp -s "$build/$program" "$copy/somewhere/else/build/$program"; then
        passed=$((passed + 1))
        echo "ok   $program: the same bits"
    else
        failed=$((failed + 1))
        echo "FAIL $program differs"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
