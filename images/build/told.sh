#!/bin/bash
# told.sh WORDS DIR: what a person should know of the images in DIR: size, sha256, and that in words by the program
# WORDS; and the root hash, which the machine that was booted shows.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
words=$1 dir=$2

for file in "$dir"/*.iso; do
    sum=$(sha256sum < "$file" | cut -d ' ' -f 1)
    echo "$file: $(($(stat -c %s "$file") / 1024)) KiB, sha256 $sum"
    "$words" <<< "$sum"
done
hash=$(cut -d ' ' -f 2 "$dir/verity")
echo "root hash $hash"
"$words" <<< "$hash"
