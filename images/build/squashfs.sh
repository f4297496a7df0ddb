#!/bin/bash
# squashfs.sh ROOT IMG VERITY [PROCESSORS]: packs the tree ROOT into IMG, a squashfs with its dm-verity tree behind
# it, and writes into VERITY how to open that: the number of data blocks of 4096 bytes, the root hash, and the salt,
# on one line.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
root=$1 img=$2 verity=$3 processors=${4:-$(nproc)}
salt=$(printf rootseal | sha256sum | cut -d ' ' -f 1)
uuid=526f6f74-7365-416c-8000-000000000001 # it is in the superblock, which nobody reads; random by default

rm -f "$img"
mksquashfs "$root" "$img" -noappend -all-root -no-xattrs -no-exports -comp xz -b 256K \
    -processors "$processors" -quiet -no-progress
blocks=$((($(stat -c %s "$img") + 4095) / 4096))
truncate -s $((blocks * 4096)) "$img"
hash=$(veritysetup format --uuid="$uuid" --salt="$salt" --hash=sha256 --data-block-size=4096 --hash-block-size=4096 \
    --data-blocks="$blocks" --hash-offset=$((blocks * 4096)) "$img" "$img" | awk '/^Root hash:/ { print $3 }')
veritysetup verify --hash-offset=$((blocks * 4096)) "$img" "$img" "$hash"
echo "$blocks $hash $salt" > "$verity"
