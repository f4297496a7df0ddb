#!/bin/bash
# language.sh - the catalogues are whole and fit the sources, and the programs speak the language that is asked for, with
# the same codes. Run in the project's root after `make all`. Ends `N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/${ROOTSEAL_BUILD:-build}
po=ceremony/po/zh_CN.po
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LANGUAGE LC_ALL LC_MESSAGES LC_CTYPE LANG
passed=0 failed=0

check() { # NAME COMMAND...: what must be true
    if "${@:2}" > "$work/said" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $1"
    else
        failed=$((failed + 1))
        echo "FAIL $1: $(tail -n 5 "$work/said")"
    fi
}
not() { ! "$@"; }

# -- the catalogue --

texts() { msgattrib --no-obsolete --no-wrap "$1" | sed -n 's/^\(msgid\|msgid_plural\) //p' | sort; } # FILE
same_texts() { diff <(texts "$1") <(texts "$2"); }
whole() { # FILE: no text is without a translation, or with a doubtful one
    local s
    s=$(msgfmt --check --statistics -o "$work/mo" "$1" 2>&1) || true
    echo "$s"
    [[ $s =~ ^[0-9]+\ translated\ messages?\.$ ]]
}
without() { sed "s/^msgid \"$1\"\$/&X/; /X\$/,/^\$/d" "$po"; } # TEXT: the catalogue without it
ceremony/po/extract.sh > "$work/sources.pot"
check "every text of the sources is in the catalogue, and no other" same_texts "$work/sources.pot" "$po"
check "every text has its translation" whole "$po"
check "the sources have the texts they had: more than 400" [ "$(texts "$work/sources.pot" | wc -l)" -gt 400 ]
without 'the PIN is locked' > "$work/less.po"
check "a text that is left out is found" not same_texts "$work/sources.pot" "$work/less.po"
sed 's/^msgstr "PIN 已锁定"$/msgstr ""/' "$po" > "$work/less.po"
check "a text without translation is found" not whole "$work/less.po"
sed 's/^msgid "the PIN is locked"$/#, fuzzy\n&/' "$po" > "$work/less.po"
check "a doubtful translation is found" not whole "$work/less.po"
sed 's/^msgstr "用法：%s %s"$/msgstr "用法：%s %n"/' "$po" > "$work/less.po"
check "a translation with other conversions is refused" not whole "$work/less.po"
check "no translation has a character that could deceive" not env LC_ALL=C.UTF-8 grep -qP '[\x{3000}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{e000}-\x{f8ff}]' "$po"

# -- which language --

speaks() { # LANGUAGE PROGRAM SETTING...
    local wanted=$1 program=$2
    shift 2
    env "$@" "$program" show --state "$work/nowhere" --batch 00 > "$work/out" 2> "$work/err" || true
    cat "$work/err"
    grep -q '^[a-z-]*: E_STATE_MISSING: ' "$work/err" || return 1
    case $wanted in
    zh) grep -q '此处没有 Rootseal 状态目录: .*/nowhere$' "$work/err" && grep -q '处理办法: 指定' "$work/err" ;;
    en) grep -q 'there is no Rootseal state here: .*/nowhere$' "$work/err" && grep -q 'what to do: name' "$work/err" ;;
    esac
}
asks() { # LANGUAGE SETTING...: of the programs in the build
    check "$1 with ${*:2}" speaks "$1" "$build/ceremony" "${@:2}"
}
asks en LC_ALL=
asks en LC_ALL=C.UTF-8
asks en LANG=en_US.UTF-8
asks zh LANG=zh_CN.UTF-8
asks zh LANG=zh_CN.utf8
asks zh LANG=en_US.UTF-8 LC_MESSAGES=zh_CN.UTF-8
asks zh LC_ALL=zh_CN.UTF-8 LANG=C
asks zh LC_ALL=C.UTF-8 LANGUAGE=zh_CN
asks zh LC_ALL=C.UTF-8 LANGUAGE=de:zh:en
asks en LC_ALL=zh_CN.UTF-8 LANGUAGE=en_GB:zh_CN
asks en LC_ALL=C LANGUAGE=zh_CN
asks en LC_ALL=POSIX LANGUAGE=zh_CN LANG=zh_CN.UTF-8
asks en LC_ALL=zh_CN.GB18030
asks en LC_ALL=zh_CN
asks en LC_ALL=zh_TW.UTF-8
asks en LC_ALL=zh_CN.UTF-8 LC_CTYPE=zh_CN.UTF-8 LANGUAGE=fr

# -- where the catalogue is looked for --

mkdir -p "$work/evil/zh_CN/LC_MESSAGES" "$work/bin" "$work/alone"
printf 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "there is no Rootseal state here"\nmsgstr "EVIL"\n' |
    msgfmt -o "$work/evil/zh_CN/LC_MESSAGES/rootseal.mo" -
# From the environment it takes no place, and no module of the C library.
strange=("LOCPATH=$work/evil" "NLSPATH=$work/evil/%L/%N" "GCONV_PATH=$work/evil" "TEXTDOMAINDIR=$work/evil" OUTPUT_CHARSET=GBK)
asks zh LC_ALL=zh_CN.UTF-8 "${strange[@]}"
asks zh LC_ALL=C.UTF-8 "LANGUAGE=../../../../../../../..$work/evil/zh_CN:zh_CN"
nothing_opened() {
    strace -qq -e trace=%file -o "$work/trace" -E ASAN_OPTIONS=detect_leaks=0 -E LC_ALL=zh_CN.UTF-8 \
        "${strange[@]/#/-E}" "$build/ceremony" --help > /dev/null
    grep -q 'locale/zh_CN/LC_MESSAGES/rootseal.mo' "$work/trace" && not grep "$work/evil" "$work/trace"
}
check "nothing is opened below a folder that only the environment names" nothing_opened
cp "$build/ceremony" "$work/alone/"
check "without a catalogue it is English" speaks en "$work/alone/ceremony" LC_ALL=zh_CN.UTF-8
make -s install-catalogues BIN="${build#"$PWD/"}" DESTDIR="$work" PREFIX=/usr > "$work/install" 2>&1
install -D "$build/ceremony" "$work/usr/bin/rootseal-ceremony"
check "where it is installed, the catalogue is found" speaks zh "$work/usr/bin/rootseal-ceremony" LC_ALL=zh_CN.UTF-8

# -- all programs --

# Each line that says something says it in Chinese; names of commands and options are the same.
same_help() { # PROGRAM COMMAND
    local zh=$work/$1.$2
    # shellcheck disable=SC2086
    "$build/$1" $2 --help > "$work/en"
    diff <(grep -oE '^  (--)?[a-z][a-z0-9-]*' "$work/en") <(grep -oE '^  (--)?[a-z][a-z0-9-]*' "$zh") &&
        [ "$(wc -l < "$work/en")" = "$(wc -l < "$zh")" ] && not env LC_ALL=C.UTF-8 grep -vP '\p{Han}|^$' "$zh"
}
for program in signer ceremony audit ra; do
    for command in "" $("$build/$program" --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p'); do
        # shellcheck disable=SC2086 # no command is no argument
        LC_ALL=zh_CN.UTF-8 "$build/$program" $command --help > "$work/$program.$command"
        check "help of $program $command is Chinese, no option less" same_help "$program" "$command"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
