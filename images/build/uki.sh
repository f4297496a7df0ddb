#!/bin/bash
# uki.sh TREE DIR UKI: makes UKI, a unified kernel image: one EFI program that holds the kernel of TREE,
# DIR/initrd.img and DIR/cmdline, so that one signature covers all of them. The root that it opens is on the medium,
# by the hash in the initrd.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
tree=$1 dir=$2 uki=$3
stub=/usr/lib/systemd/boot/efi/linuxx64.efi.stub
page=4096
kernel=$(echo "$tree"/boot/vmlinuz-*)

# Sections are laid behind those of the stub, each where the one before it ends.
at=0
while read -r size vma; do
    end=$((0x$vma + 0x$size))
    [ "$end" -le "$at" ] || at=$end
done < <(objdump -h "$stub" | awk '$1 ~ /^[0-9]+$/ { print $3, $4 }')
options=()
section() { # NAME FILE
    at=$(((at + page - 1) / page * page))
    options+=(--add-section "$1=$2" --change-section-vma "$1=$at")
    at=$((at + $(stat -c %s "$2")))
}
section .osrel "$dir/root/etc/os-release"
section .cmdline "$dir/cmdline"
section .linux "$kernel"
section .initrd "$dir/initrd.img"
objcopy -D "${options[@]}" "$stub" "$uki.new"
images/build/pe_stamp.pl "$uki.new" "$SOURCE_DATE_EPOCH"
mv "$uki.new" "$uki"
