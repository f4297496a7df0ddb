#!/bin/bash
# print.sh PROGRAM - the minutes of a ceremony, and the report of an audit, as they come out of a printer: a browser prints them to
# PDF, without a network, and what is on the pages is read back, the QR codes by a scanner. The report is shown on a wide screen
# and a narrow one, too. KEEP=DIR leaves PDF and pictures there, to be looked at.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: print.sh PROGRAM" >&2; exit 2; }
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
passed=0 failed=0
ok() { # WHAT COMMAND...
    local what=$1
    shift
    if "$@" >said 2>&1; then passed=$((passed + 1)) && echo "ok   $what"
    else failed=$((failed + 1)) && echo "FAIL $what: $(tail -n 3 said)"; fi
}

"$program" . >/dev/null
browser() { # FILE OPTION...
    HOME=$work timeout 300 chromium --headless --no-sandbox --disable-gpu --host-resolver-rules='MAP * ~NOTFOUND' "${@:2}" \
        "file://$work/$1" >chromium.log 2>&1
}
browser minutes.html --no-pdf-header-footer --print-to-pdf=minutes.pdf
pages=$(pdfinfo minutes.pdf | awk '$1 == "Pages:" { print $2 }')
pdftoppm -r 150 -png minutes.pdf page
for n in $(seq "$pages"); do pdftotext -layout -f "$n" -l "$n" minutes.pdf "$n.txt"; done
cat -- [0-9]*.txt >all.txt
echo "$pages pages"

# -- paper --
a4() { pdfinfo minutes.pdf | grep -q 'Page size:.*(A4)'; }
feet() { # every page has its number, the number of all, the ceremony and the transcript's digest, and room for initials
    local n digest
    digest=$(sed -n 's/.*rootseal-transcript \([0-9a-f]\{16\}\).*/\1/p' minutes.html | head -n 1)
    for n in $(seq "$pages"); do
        grep -q "two-roots-2026 $digest *initials ____* *page $n / $pages" "$n.txt" || { echo "page $n: $(tail -n 2 "$n.txt")"; return 1; }
    done
}
last_line() { grep -v '^ *$' "$1" | grep -v 'initials ____' | tail -n 1; }
no_heading_at_the_end() { # of a page: it would belong to what is on the next
    local n
    for n in $(seq "$pages"); do
        ! last_line "$n.txt" | grep -qE '^ *(Step [0-9]+\.|Line [0-9]+:|Exception [0-9]+|What |Who |Where |Signatures|The transcript)' ||
            { echo "page $n ends with: $(last_line "$n.txt")"; return 1; }
    done
}
whole_steps() { # a step's heading, outcome and all who confirmed it are on one page
    local n rows=(0 2 4 8 4 4 0)
    for n in 1 2 3 4 5 6; do
        sed -n "/^ *Step $n\. /,/^ *Step $((n + 1))\. /p" "$(grep -lE "^ *Step $n\. " [0-9]*.txt)" >step.txt
        if ! grep -q '^ *outcome ' step.txt || [ "$(grep -cE '^ *[^ ].*\((operator|officer|witness)-1?2?\) ' step.txt)" -ne "${rows[n]}" ]; then
            echo "step $n is torn"
            return 1
        fi
    done
}
inside() { # nothing is cut off at the margins
    pdftotext -bbox minutes.pdf boxes.html
    awk -F'"' '/<word/ { n++; if ($2 < 40 || $6 > 560 || $4 < 30 || $8 > 830) { print; bad = 1 } } END { exit bad || n < 100 }' boxes.html
}
signatures() { # all on one page, with who they are of, and a hand's breadth of room above each line
    local page name
    page=$(grep -l '^ *Signatures' [0-9]*.txt)
    for name in 张伟 李娜 "O'Brien & Søn" 王芳; do grep -q "$name" "$page" || { echo "$name is not on $page"; return 1; }; done
    [ "$(grep -c '^ *signature  *date' "$page")" -eq 4 ] || return 1
    pdftotext -bbox -f "${page%.txt}" -l "${page%.txt}" minutes.pdf boxes.html
    awk -F'"' '/>signature</ { if (y && $4 - y < 56) bad = 1; y = $4 } END { exit bad || !y }' boxes.html # 56 points are 2 cm
}
characters() { # the Chinese is there as Chinese, not as boxes without a glyph
    grep -q '双根认证机构' all.txt && grep -q '请各位见证' all.txt && ! pdffonts minutes.pdf | grep -qi 'lastresort\|notdef'
}
first_page() { grep -q 'Exceptions: 1' 1.txt && grep -q 'answered for by' 1.txt; }
ok "A4" a4
ok "a foot on every page" feet
ok "no heading at the end of a page" no_heading_at_the_end
ok "no step is torn" whole_steps
ok "nothing outside of the margins" inside
ok "the signatures" signatures
ok "Chinese" characters
ok "exceptions on the first page" first_page
ok "short enough to be read" test "$pages" -le 20

# -- codes: what a scanner reads off the page is what stands beside them --
scan() { # KIND: from the printed pages
    zbarimg -q --raw -Sdisable -Sqrcode.enable page-*.png | sort -u >scanned.txt
    sed -n "s/.*<span class=\"text\">\(rootseal-$1 [^<]*\)<.*/\1/p" minutes.html >told.txt
    [ "$(wc -l <told.txt)" -eq 1 ] && grep -qxF -f told.txt scanned.txt
}
ok "the code of the log's head" scan head
ok "the code of the transcript's digest" scan transcript
ok "and no other codes" test "$(wc -l <scanned.txt)" -eq 2

# -- the file --
closed() { ! grep -oE '(src|href)=|url\(|@import|<(script|iframe|object|embed|link|img)' minutes.html; }
again() { mkdir -p again && "$program" again >/dev/null && cmp minutes.html again/minutes.html && cmp minutes.txt again/minutes.txt; }
columns() { awk 'length($0) > 80 { print; bad = 1 } END { exit bad }' <(LC_ALL=C.UTF-8 sed 's/[⺀-鿿＀-￯]/xx/g' minutes.txt); }
ok "it needs nothing else" closed
ok "the same from the same" again
ok "80 columns" columns

# -- the report --
browser report.html --no-pdf-header-footer --print-to-pdf=report.pdf
pdftoppm -r 100 -png report.pdf report
report_pages=$(pdfinfo report.pdf | awk '$1 == "Pages:" { print $2 }')
for n in $(seq "$report_pages"); do pdftotext -layout -f "$n" -l "$n" report.pdf "report-$n.txt"; done
report_a4() { pdfinfo report.pdf | grep -q 'Page size:.*(A4)'; }
report_feet() {
    local n
    for n in $(seq "$report_pages"); do
        grep -q "^ *[0-9a-f]\{16\}, 2027-01-04 00:00:00 *page $n / $report_pages" "report-$n.txt" || { echo "page $n"; return 1; }
    done
}
report_inside() {
    pdftotext -bbox report.pdf boxes.html
    awk -F'"' '/<word/ { n++; if ($2 < 40 || $6 > 560 || $4 < 30 || $8 > 830) { print; bad = 1 } } END { exit bad || n < 100 }' boxes.html
}
report_first() { # what is open is on the first page, before the figures
    awk '/^ *Open questions/ { a = NR } /Revocations after the promised time: 2/ { b = NR } /^ *In short/ { c = NR } END { exit !(a && a < b && b < c) }' report-1.txt
}
whole_words() { # no heading of a table is broken, nor a name
    local word
    for word in authority superseding requests signatures ceremonies organisation-sign '2026-01-01 00:01:00'; do
        grep -qF "$word" report-[0-9].txt || { echo "$word"; return 1; }
    done
}
# What stands in a window of this width: nothing would have to be moved sideways to be read.
fits() { # WIDTH: the page says of itself how wide it is, by a script that is put in for this
    sed -e 's/<meta http-equiv[^>]*>//' -e 's|</body>|<script>document.title = "wide " + document.documentElement.scrollWidth + " of " + innerWidth</script></body>|' \
        report.html >measured.html
    HOME=$work timeout 300 chromium --headless --no-sandbox --disable-gpu --window-size="$1,2000" --dump-dom "file://$work/measured.html" 2>chromium.log |
        sed -n 's|.*<title>wide \([0-9]*\) of \([0-9]*\)</title>.*|\1 \2|p' >width
    cat width
    awk -v w="$1" '$1 > 0 && $1 <= $2 && $2 <= w + 120 { good = 1 } END { exit !good || NR != 1 }' width
}
pictures() {
    browser report.html --hide-scrollbars --window-size=1280,2800 --screenshot=report-wide.png
    browser report.html --hide-scrollbars --window-size=390,5000 --screenshot=report-narrow.png
    test -s report-wide.png && test -s report-narrow.png
}
report_closed() { ! grep -oE '(https?|ftp|file):|(src|href)=|url\(|@import|<(script|iframe|object|embed|link|img)' report.html; }
ok "the report: A4" report_a4
ok "the report: a foot on every page" report_feet
ok "the report: nothing outside of the margins" report_inside
ok "the report: open questions first" report_first
ok "the report: whole words" whole_words
ok "the report: on a wide screen" fits 1280
ok "the report: on a narrow one" fits 390
ok "the report: pictures of it" pictures
ok "the report: it needs nothing else" report_closed
ok "both are well-formed XML" xmllint --noout report.html minutes.html

# -- in Chinese: the catalogue lies beside the program --
mkdir chinese && cp "$program" chinese/program && cp -r "$(dirname "$program")/../locale" chinese/
chinese() { # every character is shown as it is, and no heading is left in English
    LC_ALL=zh_CN.UTF-8 chinese/program chinese >/dev/null && grep -q '<html lang="zh-CN">' chinese/minutes.html &&
        ! grep -n '\\u{' chinese/minutes.txt && ! grep -E '<h[23]>[ -~]*</h[23]>' chinese/minutes.html &&
        grep -q '<html lang="zh-CN">' chinese/report.html && ! grep -E '<(h2|th|span class="label")>[ -~]*[a-z][ -~]*</' chinese/report.html
}
ok "in Chinese" chinese

if [ -n "${KEEP:-}" ]; then mkdir -p "$KEEP" && cp minutes.html minutes.txt minutes.pdf page-*.png report.html report.pdf report*.png "$KEEP"; fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 10 ]
