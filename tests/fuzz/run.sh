#!/bin/bash
# run.sh BUILD RUNS SECONDS [WORD] - every fuzz target whose name contains WORD: its seeds (corpus/TARGET/good-*) must be
# accepted, and neither the corpus nor RUNS new inputs, or as many as come in SECONDS, may be a finding.
#
# $ROOTSEAL_VECTORS: a folder with fuzz-seeds.tar.xz, more inputs to begin with; without it that is said. Findings are
# kept in BUILD/found, what the fuzzers said in BUILD/said.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ $# -ge 3 ] || { echo "usage: run.sh BUILD RUNS SECONDS [WORD]" >&2; exit 2; }
build=$1 runs=$2 seconds=$3 word=${4:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$build/said" "$build/found" "$work/seeds"
# What is recorded of each allocation is kept short: a fuzzer makes millions.
export ASAN_OPTIONS=malloc_context_size=4:quarantine_size_mb=16 FUZZ_CORPUS=tests/fuzz/corpus
export build runs seconds work

# The folders that a target begins with. Certificates and requests are DER; the vectors' kinds have other names.
seeds() { # TARGET
    local kind=$1 more=()
    case $1 in
    der) echo "$FUZZ_CORPUS"/{der,csr,cert,approval} ;;
    *) echo "$FUZZ_CORPUS/$1" ;;
    esac
    case $1 in der) kind=crl ;; cert) kind=x509 ;; approval) kind=cms ;; esac
    [ ! -d "$work/seeds/$kind" ] || more=("$work/seeds/$kind")
    echo "${more[@]}"
}
one() { # TARGET
    local t=$1 log=$build/said/$1 seeds
    mkdir -p "$work/new/$t"
    read -r -d '' -a seeds < <(seeds "$t") || true
    if FUZZ_GOOD=1 "$build/$t" "$FUZZ_CORPUS/$t"/good-* >"$log" 2>&1; then
        echo "ok   $t: $(find "$FUZZ_CORPUS/$t" -name 'good-*' | wc -l) seeds are accepted"
    else
        echo "FAIL $t: a seed is refused: $log"
    fi
    if "$build/$t" -runs="$runs" -max_total_time="$seconds" -max_len=8192 -timeout=60 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$build/found/$t-" "$work/new/$t" "${seeds[@]}" >>"$log" 2>&1; then
        echo "ok   $t: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
    else
        echo "FAIL $t: a finding: $log and $build/found"
    fi
}
export -f one seeds

vectors=${ROOTSEAL_VECTORS:-}/fuzz-seeds.tar.xz
if [ -r "$vectors" ]; then tar xJf "$vectors" -C "$work/seeds"; else echo "skipped: there is no fuzz-seeds.tar.xz"; fi

targets=$(find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -name "*$word*" -printf '%f\n' | sort)
# shellcheck disable=SC2016 # the inner shell expands it
xargs -r -n1 -P"${JOBS:-$(nproc)}" bash -c 'one "$1"' one <<<"$targets" | tee "$work/said"
passed=$(grep -c '^ok ' "$work/said") || true
failed=$(grep -c '^FAIL ' "$work/said") || true
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
