# common.sh - settings of world and run. Expects ROOT, BUILD, W and BIN.
# shellcheck shell=bash disable=SC2034
export LC_ALL=C.UTF-8 TZ=UTC
unset LANGUAGE # the tests read English
SAN=
COVER=
case $(basename "$BUILD") in san) SAN=1 ;; cover) COVER=1 ;; esac
MODULE=$ROOT/$BUILD/softhsm-sm2.so
FAULTY=$ROOT/$BUILD/faulty.so # in front of it: tests/hsm/faulty.h

# Secrets that stand nowhere by chance, so that their absence can be proven.
WORLD_PIN=Kx7q-93Lm
WORLD_PASS=Zq4vW8-pass

FAKETIME_LIBRARY=
for f in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib/faketime/libfaketimeMT.so.1; do
    if [ -f "$f" ]; then FAKETIME_LIBRARY=$f; break; fi
done
[ -n "$FAKETIME_LIBRARY" ] || { echo "libfaketimeMT.so.1 is not there: install faketime" >&2; exit 1; }

# AddressSanitizer gives a module no scope of its own: preload the module's inner half, after the runtime.
PRELOAD=
if [ -n "$SAN" ]; then PRELOAD="$(gcc -print-file-name=libasan.so) $ROOT/$BUILD/softhsm-sm2-inner.so"; fi

# shellcheck source=tests/world.sh
. "$ROOT/tests/world.sh"
