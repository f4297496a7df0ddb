#!/bin/bash
# iso.sh UKI BIOS ROOT ISO: makes ISO, which boots from CD and USB, by UEFI with UKI and by BIOS with the GRUB in
# BIOS, and has the image ROOT on it.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
uki=$1 bios=$2 root=$3 iso=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/iso/{boot,live}

# The EFI system partition. El Torito and the partition table both point to it.
esp=$work/iso/boot/efi.img
mkfs.vfat -C --invariant -n ESP "$esp" $((($(stat -c %s "$uki") / 1024 + 512) / 64 * 64)) > /dev/null
cp "$uki" "$work/uki"
stamp "$work/uki"
mmd -i "$esp" ::EFI ::EFI/BOOT
mcopy -m -i "$esp" "$work/uki" ::EFI/BOOT/BOOTX64.EFI

cp "$bios" "$work/iso/boot/grub.bios"
cp "$root" "$work/iso/live/root.img"
stamp "$work/iso"
rm -f "$iso"
quietly xorriso -as mkisofs -quiet -V ROOTSEAL -r -J -uid 0 -gid 0 \
    --modification-date="$(date -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S00)" --set_all_file_dates set_to_mtime \
    -b boot/grub.bios -no-emul-boot -boot-load-size 4 -boot-info-table --grub2-boot-info \
    --grub2-mbr /usr/lib/grub/i386-pc/boot_hybrid.img --protective-msdos-label --gpt_disk_guid modification-date \
    --efi-boot boot/efi.img -efi-boot-part --efi-boot-image \
    -o "$iso" "$work/iso"
