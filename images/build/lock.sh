#!/bin/bash
# lock.sh TOOL...: writes images/image.lock: which packages, exactly, the image is made of, as apt's lists have them
# now; which Release files said so; and the versions of the TOOLs (packages) that are installed, since they decide
# bits, too.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh

field() { # NAME: of the first record on stdin
    awk -v name="$1:" '$1 == name { print $2; exit }'
}

releases() { # "DATE CODENAME" of every Release file that apt has
    local file
    for file in /var/lib/apt/lists/*Release; do
        [ -f "$file" ] || die "apt has no lists: run apt-get update"
        echo "$(date -d "$(sed -n 's/^Date: //p' "$file")" +%s) $(field Codename < "$file")"
    done | sort -u -k2
}

kernel() { # the package that the meta package stands for
    apt-cache show --no-all-versions "$1" | sed -n 's/^Depends: \(linux-image-[^ ,]*\).*/\1/p'
}

deb() { # NAME
    local name=$1 record
    [ "$name" != linux-image-amd64 ] || name=$(kernel "$name")
    record=$(apt-cache show --no-all-versions "$name") || die "apt knows no package $name: see images/packages.txt"
    echo "deb $name $(field Version <<< "$record") $(field SHA256 <<< "$record")"
}

{
    cat << 'END'
# What the image is made of, written by `make image-lock`: the Release files that named the packages, each with its
# date; the date that every file of the image has; its packages with version and sha256; what was installed to build it.

END
    releases | while read -r date codename; do echo "from $codename $(date -d "@$date" +%Y-%m-%dT%H:%M:%SZ)"; done
    echo "epoch $(releases | sort -n | awk 'END { print $1 }')"
    for name in $(names images/packages.txt); do deb "$name"; done
    for name in "$@"; do echo "tool $name $(dpkg-query -W -f '${Version}' "$name")"; done | sort -u
} > "$lock.new"
mv "$lock.new" "$lock"
