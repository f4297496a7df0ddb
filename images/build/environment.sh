# shellcheck shell=bash
# environment.sh: what decides the bits of an image besides its parts, the same for each script here. To be sourced,
# in the project's root.
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC
unset GREP_OPTIONS POSIXLY_CORRECT ZSTD_CLEVEL ZSTD_NBTHREADS

lock=images/image.lock
SOURCE_DATE_EPOCH=$(sed -n 's/^epoch //p' "$lock" 2> /dev/null || true)
export SOURCE_DATE_EPOCH

die() { # WORDS...: what is wrong, and what to do
    echo "${0##*/}: $*" >&2
    exit 1
}

quietly() { # COMMAND...: what it says is shown only where it fails
    local said
    said=$("$@" 2>&1) || { echo "$said" >&2; die "$1 failed"; }
}

names() { # FILE: the first word of each line of a list that has comments
    sed 's/[[:space:]]*#.*//; /^[[:space:]]*$/d' "$1" | awk '{ print $1 }'
}

stamp() { # TREE: every file in it is as old as the lock
    find "$1" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
}
