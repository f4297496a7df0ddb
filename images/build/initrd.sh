#!/bin/bash
# initrd.sh TREE OPENER VERITY INITRD: packs the initrd: OPENER as /init, the modules that modules.txt names and those
# that they depend on (/modules/NAME.ko, and their order in /modules.txt), and how to open the root (/verity).
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
tree=$1 opener=$2 verity=$3 initrd=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

kernels=("$tree"/usr/lib/modules/*)
kernel=${kernels[0]##*/}
paths() { # every module with what it depends on first, each once; what is built in needs no file
    local name
    for name in $(names images/modules.txt); do
        modprobe -d "$(realpath "$tree")" -S "$kernel" --show-depends "$name" ||
            die "the kernel $kernel has no module $name, which images/modules.txt names"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

mkdir -p "$work"/tree/{dev,medium,modules,proc,root,sys}
paths > "$work/paths"
while read -r path; do
    install -m644 "$path" "$work/tree/modules/${path##*/}"
    echo "${path##*/}"
done < "$work/paths" > "$work/tree/modules.txt"
install -m755 --strip "$opener" "$work/tree/init"
install -m644 "$verity" "$work/tree/verity"
chmod 755 "$work/tree"
stamp "$work/tree"
pack() {
    find . -mindepth 1 -print0 | sort -z | cpio --null --create --format=newc --reproducible --owner=0:0 --quiet
}
(cd "$work/tree" && pack) | zstd -q -19 --single-thread > "$initrd"
