#!/bin/bash
# libraries.sh TREE ROOT: copies from TREE into ROOT the loader and every library that an ELF file in ROOT needs, and
# those that these need. A library that no package brought is an error.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
tree=$1 root=$2
folder=usr/lib/x86_64-linux-gnu

needed() { # what the ELF files in ROOT ask the loader for
    find "$root" -type f -print0 | xargs -0 readelf -d 2> /dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u
}
has() { # NAME: in a folder that the loader looks into
    [ -e "$root/$folder/$1" ] || [ -e "$root/$folder/softhsm/$1" ] || [ -e "$root/usr/lib/rootseal/$1" ]
}
asks_for() { # NAME: the files that need it
    local file
    find "$root" -type f | while read -r file; do
        readelf -d "$file" 2> /dev/null | grep -qF "[$1]" && echo "${file#"$root"}"
    done
}

install -D -m755 "$tree/lib64/ld-linux-x86-64.so.2" "$root/usr/lib64/ld-linux-x86-64.so.2"
more=yes
while [ -n "$more" ]; do
    more=
    for name in $(needed); do
        has "$name" || [ "$name" = ld-linux-x86-64.so.2 ] && continue
        [ -e "$tree/$folder/$name" ] ||
            die "no package of images/packages.txt has $name, which $(asks_for "$name" | tr '\n' ' ')needs"
        install -D -m644 "$tree/$folder/$name" "$root/$folder/$name"
        more=yes
    done
done
