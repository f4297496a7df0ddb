#!/bin/bash
# image.sh - an image for training whose policy pins the persons of the tests: BUILD/test/image/training/rootseal.iso.
# The packages are those of the image that is built already.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${ROOTSEAL_BUILD:-build}
cd "$ROOT"
tests/cases/world
mkdir -p "$BUILD/test/image"
for f in debs packages packages.done; do ln -sfn "../../image/$f" "$BUILD/test/image/$f"; done
exec env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s POLICY="$BUILD/test/world/policy" BIN="$BUILD/test/world/bin" \
    IMAGE="$BUILD/test/image" "$BUILD/test/image/training/rootseal.iso"
