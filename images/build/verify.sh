#!/bin/bash
# verify.sh IMAGE: are the images below the folder IMAGE, which were just built, those of images/SHA256SUMS? Where
# what was installed to build them is not what the lock names, says so, since the bits cannot be the same then.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh

[ -f images/SHA256SUMS ] || die "there is no images/SHA256SUMS: make image-sums writes it at a release"
while read -r _ name version; do
    installed=$(dpkg-query -W -f '${Version}' "$name" 2> /dev/null || true)
    [ "$installed" = "$version" ] || echo "built with $name ${installed:-none}, and the lock says $version"
done < <(grep '^tool ' "$lock")
sums=$PWD/images/SHA256SUMS
cd "$1"
sha256sum --check "$sums" || die "the images are not those of images/SHA256SUMS"
