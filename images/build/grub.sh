#!/bin/bash
# grub.sh TREE DIR: makes DIR/grub.efi and DIR/grub.bios, which boot the kernel of TREE and DIR/initrd.img with DIR/cmdline, and only
# those: what they do and the two files' sha256 are inside of them. They offer no menu and no prompt.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
tree=$1 dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sum() { # FILE PATH-ON-THE-MEDIUM
    echo "$(sha256sum < "$1" | cut -d ' ' -f 1)  $2"
}
mkdir -p "$work/memdisk/boot/grub"
{
    sum "$tree"/boot/vmlinuz-* /boot/vmlinuz
    sum "$dir/initrd.img" /boot/initrd.img
} > "$work/memdisk/boot/grub/sums"
cat > "$work/memdisk/boot/grub/grub.cfg" << END
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
search --no-floppy --label ROOTSEAL --set=root
echo "Rootseal: reading the medium"
if hashsum --hash sha256 --check (memdisk)/boot/grub/sums; then
    linux /boot/vmlinuz $(< "$dir/cmdline")
    initrd /boot/initrd.img
    boot
fi
echo "Rootseal: this medium is not what was built: do not use it. The machine powers off."
sleep 20
halt
while true; do sleep 60; done
END
stamp "$work/memdisk"
tar -c --sort=name --owner=0 --group=0 --numeric-owner --format=ustar -f "$work/memdisk.tar" -C "$work/memdisk" boot

modules=(boot echo fat gcry_sha256 halt hashsum iso9660 linux memdisk normal part_gpt part_msdos search search_label serial sleep
    tar terminal test true)
grub-mkimage -O x86_64-efi -p '(memdisk)/boot/grub' -m "$work/memdisk.tar" -o "$dir/grub.efi" "${modules[@]}"
grub-mkimage -O i386-pc-eltorito -p '(memdisk)/boot/grub' -m "$work/memdisk.tar" -o "$dir/grub.bios" biosdisk "${modules[@]}"
