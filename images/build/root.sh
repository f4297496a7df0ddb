#!/bin/bash
# root.sh TREE BUILD INIT MODE ROOT MODULES: makes the tree of the image's root: what root.txt takes from the packages
# in TREE, our programs in BUILD, INIT as its /sbin/init, the software token in MODULES, and the libraries that all of
# these need. MODE is production or training.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
tree=$1 build=$2 init=$3 mode=$4 root=$5 modules=$6

rm -rf "$root"
mkdir -p "$root"/{dev,etc/rootseal,media,proc,run,state,sys,tmp,usr/{bin,sbin,lib,lib64}}
for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done

# what packages bring
from_packages() { # PATH
    [ -e "$tree$1" ] || die "no package of images/packages.txt has $1, which images/root.txt names"
    mkdir -p "$root${1%/*}"
    cp -rH --no-preserve=all "$tree$1" "$root$1"
    [ -d "$root$1" ] || [ ! -x "$tree$1" ] || chmod 755 "$root$1"
}
while read -r path arrow target; do
    if [ "$arrow" = '->' ]; then
        mkdir -p "$root${path%/*}"
        ln -s "$target" "$root$path"
    else
        from_packages "$path"
    fi
done < <(sed 's/[[:space:]]*#.*//; /^[[:space:]]*$/d' images/root.txt)

# what is ours
for p in signer ceremony audit; do
    install -m755 --strip "$build/$p" "$root/usr/bin/rootseal-$p"
done
install -m755 --strip "$init" "$root/usr/sbin/init"
for m in softhsm-sm2 softhsm-sm2-inner; do
    install -D -m644 --strip "$modules/$m.so" "$root/usr/lib/rootseal/$m.so"
done
for mo in "$build"/locale/*/LC_MESSAGES/rootseal.mo; do
    install -D -m644 "$mo" "$root/usr/share/${mo#"$build/"}"
done

images/build/libraries.sh "$tree" "$root"

echo "$mode" > "$root/etc/rootseal/mode"
# whose signature a vendor's module must have (init/vendor.h); without it the image takes none
[ -z "${MODULE_CERT:-}" ] || install -m644 "$MODULE_CERT" "$root/etc/rootseal/module.pem"
printf 'NAME=Rootseal\nID=rootseal\nVARIANT_ID=%s\n' "$mode" > "$root/etc/os-release"
echo 'root:x:0:0::/:/nonexistent' > "$root/etc/passwd" # OpenSC and pcscd ask for the user's name
echo 'root:x:0:' > "$root/etc/group"

# /bin/sh in a program is a way to a shell, and would fail here in the middle of a ceremony
shells=$(find "$root" -type f \( -name sh -o -name 'bash' -o -name dash -o -name busybox \))
[ -z "$shells" ] || die "a shell came into the root: $shells"
stamp "$root"
