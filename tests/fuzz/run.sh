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
export FUZZ_CORPUS=tests/fuzz/corpus build runs seconds work

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
# About twice the largest seed: what is longer costs time and finds nothing new.
longest() { # TARGET
    case $1 in csv) echo 512 ;; seal) echo 1024 ;; csr | cert | approval) echo 2048 ;; plan) echo 12288 ;; evidence) echo 65536 ;; *) echo 4096 ;; esac
}
# The run has its memory from the pool, which counts leaks itself (pool.h).
run() { # TARGET FOLDER...
    local t=$1
    FUZZ_POOL=1 ASAN_OPTIONS=malloc_context_size=0:max_malloc_fill_size=64:quarantine_size_mb=1 "$build/$t" -runs="$runs" \
        -max_total_time="$seconds" -max_len="$(longest "$t")" -detect_leaks=0 -timeout=60 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$build/found/$t-" "${@:2}"
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
    # All of the corpus without the pool: the sanitizer's own memory, and its search for leaks.
    if "$build/$t" "$FUZZ_CORPUS/$t"/* >>"$log" 2>&1 && run "$t" "$work/new/$t" "${seeds[@]}" >>"$log" 2>&1; then
        echo "ok   $t: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
    else
        find "$build/found" -name "$t-*" -newer "$work/seeds" -exec "$build/$t" {} \; >>"$log" 2>&1 || true # more is told
        echo "FAIL $t: a finding: $log and $build/found"
    fi
}
export -f one run longest seeds

# With the pool, too, every kind of fault is found, in blocks of each kind: of one byte by OpenSSL, and small and large
# ones. What does nothing wrong passes.
faults() {
    local fault size found missed=0
    for fault in none before end freed twice leak; do
        for size in 1 40 9000 500000; do
            head -c "$size" /dev/zero | tr '\0' "${fault:0:1}" >"$work/fault"
            found=yes
            ! FUZZ_POOL=1 "$build/faulty" -detect_leaks=0 "$work/fault" >"$build/said/faulty" 2>&1 || found=no
            [ "$found" != "$([ "$fault" = none ] && echo yes || echo no)" ] ||
                { echo "FAIL faulty: $fault, in a block of $size bytes: found is $found"; missed=1; }
        done
    done
    [ "$missed" -ne 0 ] || echo "ok   faulty: every fault is found"
}

vectors=${ROOTSEAL_VECTORS:-}/fuzz-seeds.tar.xz
if [ -r "$vectors" ]; then tar xJf "$vectors" -C "$work/seeds"; else echo "skipped: there is no fuzz-seeds.tar.xz"; fi

targets=$(find tests/fuzz/corpus -mindepth 1 -maxdepth 1 -name "*$word*" -printf '%f\n' | sort)
# shellcheck disable=SC2016 # the inner shell expands it
xargs -r -n1 -P"${JOBS:-$(nproc)}" bash -c 'one "$1"' one <<<"$targets" | tee "$work/said"
faults | tee -a "$work/said"
passed=$(grep -c '^ok ' "$work/said") || true
failed=$(grep -c '^FAIL ' "$work/said") || true
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
