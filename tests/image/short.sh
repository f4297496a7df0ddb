#!/bin/bash
# short.sh BUILD - what `make check` has of `make check-image`: the image for training is built and started once, by BIOS from a
# CD, where qemu and all that builds an image are installed and its packages are to be had. Otherwise that is said.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -eq 1 ] || { echo "usage: short.sh BUILD" >&2; exit 2; }
plain() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s "$@"; }
case $1 in build) ;; *) echo "skipped: an image is made of the programs in build/"; exit ;; esac
missing=$(plain image-missing)
[ -z "$missing" ] || { echo "skipped, not installed: $missing"; exit; }
if ! plain image-fetch; then echo "skipped: a package of images/image.lock is not to be had (make image-lock)"; exit; fi
plain run-image MODE=training
ROOTSEAL_BUILD=$1 tests/image/cases/boots.pl 'bios cd training'
