#!/bin/bash
# grub.sh UKI OUT: makes OUT, what a machine with a BIOS boots from CD or USB: GRUB, which boots kernel and initrd
# with the command line out of the UKI that the medium has for UEFI, by where they lie in it, and only if they have
# the sha256 that they have now. It offers no menu and no prompt.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
uki=$1 out=$2
sector=512 # GRUB's
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "OFFSET+COUNT" in sectors, as GRUB names a stretch of a device. The rest of the last sector is zeros, which neither
# minds.
stretch() { # SECTION
    objdump -h "$uki" | awk -v name="$1" '$2 == name { print $3, $6 }' | {
        read -r size at || die "$uki has no section $1"
        [ $((0x$at % sector)) = 0 ] || die "section $1 of $uki does not begin with a sector"
        echo "$((0x$at / sector))+$(((0x$size + sector - 1) / sector))"
    }
}
sum() { # STRETCH
    dd if="$uki" bs=$sector skip="${1%+*}" count="${1#*+}" status=none | sha256sum | cut -d ' ' -f 1
}
kernel=$(stretch .linux) initrd=$(stretch .initrd)
options=$(objcopy -O binary --only-section=.cmdline "$uki" /dev/stdout)

mkdir -p "$work/memdisk/boot/grub" # where GRUB looks in a memdisk
printf '%s  (uki)%s\n' "$(sum "$kernel")" "$kernel" "$(sum "$initrd")" "$initrd" > "$work/memdisk/boot/grub/sums"
cat > "$work/memdisk/boot/grub/grub.cfg" << END
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
echo "Rootseal: reading the medium"
search --no-floppy --label ROOTSEAL --set=root
loopback esp /boot/efi.img
loopback uki (esp)/EFI/BOOT/BOOTX64.EFI
if hashsum --hash sha256 --check (memdisk)/boot/grub/sums; then
    linux (uki)$kernel $options
    initrd (uki)$initrd
    boot
else
    echo "Rootseal: this medium is not what was built: do not use it."
fi
echo "Rootseal: this machine did not start, nothing was touched; it powers off in 20 seconds"
sleep 20
halt
while true; do sleep 60; done
END
stamp "$work/memdisk"
tar -c --sort=name --owner=0 --group=0 --numeric-owner --format=ustar -f "$work/memdisk.tar" -C "$work/memdisk" boot
grub-mkimage -O i386-pc-eltorito -p '(memdisk)/boot/grub' -m "$work/memdisk.tar" -o "$out" biosdisk boot echo fat \
    gcry_sha256 halt hashsum iso9660 linux loopback memdisk normal search search_label serial sleep tar terminal test \
    true
