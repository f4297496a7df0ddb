#!/bin/bash
# media.sh FOLDER [N] - what the tests of the appliance need to be plugged in, made with stock tools, for the persons of
# image.sh: stick.img, FAT, with a batch of N requests (3) that its RA approved, a ceremony's file, and the officers'
# keys; state.img, blank; and the batch's folder, for the RA's import.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${ROOTSEAL_BUILD:-build}
cd "$ROOT"
W=$ROOT/$BUILD/test/world
BIN=$W/bin
# shellcheck source=tests/cases/common.sh
. tests/cases/common.sh
to=$1 n=${2:-3}

mkdir "$to/batch" "$to/keys"
for ((i = 1; i <= n; i++)); do
    world_csr "$to/keys/r-$i.csr" p256 "/C=CN/CN=Neighbour $i"
    world_request "r-$i" person-sign "$to/keys/r-$i.csr" >> "$to/lines"
done
{ world_header netca guangzhou gz-0001 1 "$n"; cat "$to/lines"; } > "$to/batch/batch.jsonl"
for p in gz-entry gz-review; do world_approve "$to/batch" $p.p7s "$W/people" $p; done

cat > "$to/first.yaml" << END
ceremony: first
title: The first ceremony of the appliance
follows: none
present:
  - {id: operator-1, name: 张伟, role: operator, initials: OA}
  - {id: officer-1, name: 李娜, role: officer, initials: FA}
  - {id: officer-2, name: Wang Fang, role: officer, initials: FB}
  - {id: witness-1, name: Chen Jie, role: witness, initials: WA}
steps:
  - {do: time, by: [operator-1, witness-1], say: Please compare the time with your own clock.}
  - {do: init, by: [operator-1, witness-1], say: We begin a new log.}
  - {do: keygen, by: [operator-1, witness-1], keys: [rootseal-log, rootseal-bundle, netca-root-rsa]}
  - {do: root, by: [operator-1, witness-1], keys: [rootseal-log, rootseal-bundle, netca-root-rsa]}
  - {do: minutes, say: The minutes are written. Everybody signs them.}
END

truncate -s 64M "$to/stick.img"
mkfs.vfat -n BATCH "$to/stick.img" > /dev/null
mmd -i "$to/stick.img" ::in ::in/gz-0001 ::out
mcopy -i "$to/stick.img" "$to"/batch/* ::in/gz-0001/
mcopy -i "$to/stick.img" "$to/first.yaml" "$W/people/officer-1.key" "$W/people/officer-2.key" ::
truncate -s 130M "$to/state.img"
