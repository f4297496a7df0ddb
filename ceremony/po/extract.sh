#!/bin/bash
# extract.sh - every text of the programs that is translated, on stdout as a gettext template (.pot): what stands in _(),
# N_() and i18n_plural() in the sources, an error's advice, and the sentences and the advice of the error table.
set -euo pipefail
cd "$(dirname "$0")/../.."

table=$(mktemp --suffix=.c)
trap 'rm -f "$table"' EXIT
printf '#include "core/err.h"\n#define X(code, class_, clause, sentence, advice) N_(sentence) N_(advice)\nERR_TABLE(X)\n' |
    gcc -E -P -Isigner - | sed 's/N_("")//g' > "$table"

{
    echo "$table"
    find signer ceremony policy -name '*.[ch]' | LC_ALL=C sort
} | xgettext --files-from=- --output=- --language=C --from-code=UTF-8 --no-location --package-name=rootseal \
    --keyword --keyword=_ --keyword=N_ --keyword=i18n_plural:1,2 --keyword=diag_advise:2 \
    --flag=_:1:pass-c-format --flag=i18n_plural:1:pass-c-format --flag=i18n_plural:2:pass-c-format \
    --flag=screen_field:3:c-format
