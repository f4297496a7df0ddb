#!/bin/bash
# cmdline.sh MODE: the kernel's command line of images/cmdline.txt, on stdout, for the image of that mode.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh

options=$(names images/cmdline.txt | tr '\n' ' ')
[ "$1" != training ] || options+='rootseal.mode=training '
echo "${options% }"
