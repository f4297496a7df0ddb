#!/bin/bash
# fetch.sh CACHE: every package of images/image.lock is in the folder CACHE as NAME.deb with the sha256 that stands
# there. What is there already is not fetched again.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
cache=$1
mkdir -p "$cache"

fits() { # FILE SHA256
    [ -f "$1" ] && echo "$2  $1" | sha256sum --quiet --check - > /dev/null 2>&1
}

fetch() { # NAME VERSION: one package, into a folder of its own first
    local into
    into=$(mktemp -d "$cache/fetch.XXXXXX")
    (cd "$into" && apt-get -qq -o APT::Sandbox::User= download "$1=$2") ||
        { rm -r "$into"; die "$1 $2 is not to be had any more: run make image-lock, and look at what changed"; }
    mv "$into"/*.deb "$cache/$1.deb"
    rmdir "$into"
}

while read -r _ name version sum; do
    fits "$cache/$name.deb" "$sum" && continue
    fetch "$name" "$version"
    fits "$cache/$name.deb" "$sum" || die "$name $version does not have the sha256 of $lock: it was changed on its way"
done < <(grep '^deb ' "$lock")
