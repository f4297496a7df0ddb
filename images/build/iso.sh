#!/bin/bash
# iso.sh TREE DIR EFI ISO: makes ISO, which boots from CD and USB, by BIOS with DIR/grub.bios and by UEFI with EFI: the kernel of
# TREE, DIR/initrd.img and DIR/root.img are on it.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
tree=$1 dir=$2 efi=$3 iso=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The EFI system partition: El Torito and the partition table both point to the one that is appended.
kib=$((($(stat -c %s "$efi") / 1024 + 512 + 63) / 64 * 64))
mkfs.vfat -C --invariant -n ESP "$work/esp" "$kib" > /dev/null
cp "$efi" "$work/efi"
stamp "$work/efi"
mmd -i "$work/esp" ::EFI ::EFI/BOOT
mcopy -m -i "$work/esp" "$work/efi" ::EFI/BOOT/BOOTX64.EFI

mkdir -p "$work"/iso/{boot,live}
cp "$tree"/boot/vmlinuz-* "$work/iso/boot/vmlinuz"
cp "$dir/initrd.img" "$work/iso/boot/initrd.img"
cp "$dir/grub.bios" "$work/iso/boot/grub.bios"
cp "$dir/root.img" "$work/iso/live/root.img"
stamp "$work/iso"
rm -f "$iso"
xorriso -as mkisofs -quiet -V ROOTSEAL -r -J -uid 0 -gid 0 \
    --modification-date="$(date -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S00)" --set_all_file_dates set_to_mtime \
    -b boot/grub.bios -no-emul-boot -boot-load-size 4 -boot-info-table --grub2-boot-info \
    --grub2-mbr /usr/lib/grub/i386-pc/boot_hybrid.img \
    -append_partition 2 0xef "$work/esp" -partition_offset 16 --gpt_disk_guid modification-date \
    -eltorito-alt-boot -e --interval:appended_partition_2:all:: -no-emul-boot \
    -o "$iso" "$work/iso"
