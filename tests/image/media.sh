#!/bin/bash
# media.sh FOLDER - what the tests of the appliance need to be plugged in, made with stock tools: stick.img, FAT, with
# a batch of three requests that its RA approved, a ceremony's file, and the officers' keys; state.img, blank; and the
# batch's folder, for the RA's import. And an image for training whose policy pins these persons:
# BUILD/test/image/training/rootseal.iso.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${ROOTSEAL_BUILD:-build}
cd "$ROOT"
tests/cases/world
W=$ROOT/$BUILD/test/world
BIN=$W/bin
# shellcheck source=tests/cases/common.sh
. tests/cases/common.sh
to=$1

# Packages are those of the image that is built already.
mkdir -p "$BUILD/test/image"
for f in debs packages packages.done; do ln -sfn "../../image/$f" "$BUILD/test/image/$f"; done
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s POLICY="$BUILD/test/world/policy" \
    BIN="$BUILD/test/world/bin" IMAGE="$BUILD/test/image" "$BUILD/test/image/training/rootseal.iso"

mkdir "$to/batch" "$to/keys"
for id in r-1 r-2 r-3; do
    world_csr "$to/keys/$id.csr" p256 "/C=CN/CN=Neighbour $id"
    world_request $id person-sign "$to/keys/$id.csr" >> "$to/lines"
done
{ world_header netca guangzhou gz-0001 1 3; cat "$to/lines"; } > "$to/batch/batch.jsonl"
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
