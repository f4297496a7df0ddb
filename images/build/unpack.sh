#!/bin/bash
# unpack.sh CACHE TREE: the packages of the lock, unpacked over each other into TREE, and the modules' dependencies
# worked out. No maintainer script is run.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
cache=$1 tree=$2

rm -rf "$tree"
mkdir -p "$tree"/usr/{bin,sbin,lib,lib64}
for d in bin sbin lib lib64; do ln -s "usr/$d" "$tree/$d"; done
while read -r _ name _; do
    dpkg-deb --fsys-tarfile "$cache/$name.deb" | tar -x -C "$tree" --keep-directory-symlink --no-same-owner
done < <(grep '^deb ' "$lock")
for modules in "$tree"/usr/lib/modules/*; do
    depmod -b "$tree" "${modules##*/}"
done
