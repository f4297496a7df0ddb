#!/bin/bash
# sums.sh IMAGE: writes images/SHA256SUMS, of the images below the folder IMAGE, and images/WORDS, the same to be read
# aloud.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
image=$1

(cd "$image" && sha256sum {production,training}/rootseal.{iso,efi}) > images/SHA256SUMS.new
{
    for mode in production training; do
        echo "The $mode image, rootseal.iso:"
        echo
        sed -n "s|^\([0-9a-f]*\)  $mode/rootseal.iso\$|\1|p" images/SHA256SUMS.new | "$image/words"
        echo
        echo "and its root, which the machine shows after it has started:"
        echo
        cut -d ' ' -f 2 "$image/$mode/verity" | "$image/words"
        echo
    done
} > images/WORDS.new
mv images/SHA256SUMS.new images/SHA256SUMS
mv images/WORDS.new images/WORDS
cat images/SHA256SUMS
