#!/bin/bash
# extract.sh - every text of the programs that is translated, on stdout as a gettext template (.pot): what stands in _(),
# N_() and their like in the sources, an error's advice and place, and the tables of errors and of a ceremony's steps.
set -euo pipefail
cd "$(dirname "$0")/../.."

table=$(mktemp --suffix=.c)
trap 'rm -f "$table"' EXIT
{
    echo '#include "core/err.h"'
    echo '#include "room/script.h"'
    echo '#define X(code, class_, clause, sentence, advice) N_(sentence) N_(advice)'
    echo 'ERR_TABLE(X)'
    echo '#undef X'
    echo '#define X(name, word) NC_("step", word)'
    echo 'STEP_TABLE(X)'
} | gcc -E -P -DN_=N_ -DNC_=NC_ -Isigner -I. -Iceremony - | grep -E '^ *NC?_\(' | sed 's/N_("")//g' > "$table"

{
    echo "$table"
    find signer ceremony policy images -name '*.[ch]' | LC_ALL=C sort
} | xgettext --files-from=- --output=- --language=C --from-code=UTF-8 --no-location --package-name=rootseal \
    --keyword --keyword=_ --keyword=N_ --keyword=NC_:1c,2 --keyword=i18n_in:1c,2 --keyword=i18n_plural:1,2 --keyword=diag_advise:2 --keyword=diag_set:3 --keyword=diag_set_clause:4 --keyword=diag_errno:3 --keyword=diag_wrap:4 --keyword=diag_wrap_clause:5 --keyword=audit_error:3 --keyword=audit_open:2 --keyword=audit_note:2 --keyword=where_error:4 --keyword=script_build_error:5 --keyword=step_expect:3 \
    --flag=_:1:pass-c-format --flag=i18n_plural:1:pass-c-format --flag=i18n_plural:2:pass-c-format \
    --flag=screen_field:3:c-format --flag=screen_item:2:c-format |
    perl -00 -ne 'print unless /^msgid "(?:%[-.0-9*]*(?:<PRI\w+>|[hlz]*[a-z])|[^A-Za-z%])+"$/m' # "%s: %s" is the same in every language
