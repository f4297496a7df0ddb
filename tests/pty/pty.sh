#!/bin/bash
# pty.sh - does the person at the terminal (pty.c) see what is there, and notice what is wrong? Ends `N passed, N failed`.
# shellcheck disable=SC2016 # the shell at the terminal expands
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
PTY=$ROOT/${ROOTSEAL_BUILD:-build}/test/pty
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
export PTY_SECONDS=20
passed=0 failed=0

# talk NAME STATUS SCRIPT: a shell at the terminal runs SCRIPT, the dialogue is on standard input; the driver must end so.
talk() {
    local status=0
    "$PTY" - bash -c "$3" > "$DIR/screen" 2> "$DIR/said" || status=$?
    result "$1" "$2" "$status"
}
result() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        echo "ok   $1"
    else
        failed=$((failed + 1))
        echo "FAIL $1: $3, not $2: $(tail -3 "$DIR/said")"
    fi
}
screen() { result "$1: the screen" "$2" "$(cat "$DIR/screen")"; }

talk 'a line is typed and read' 0 'read -rp "name: " a; echo "it is $a"' <<< $'expect name: \nsend Anna\nexpect it is Anna\nend 0'
screen 'a line is typed and read' $'name: Anna\nit is Anna'
talk 'a status that is not named comes back' 3 'exit 3' <<< ''
talk 'another status than the one that is named' 125 'exit 3' <<< 'end 4'
talk 'what never comes' 125 'echo here; exit 0' <<< 'expect there'
talk 'what was expected before does not come again' 125 'echo here; exit 0' <<< $'expect here\nexpect here'
talk 'pages are turned' 0 'for i in 1 2; do echo "page $i"; read -rp "-- more: "; done; read -rp "end? " a; [ "$a" = yes ]' \
    <<< $'expect end? \nsend yes\nend 0'
talk 'the text that is turned to never comes' 125 'read -rp "-- more: "; exit 0' <<< 'expect end?'
talk 'without echo nothing stands there' 0 'read -rsp "PIN: " a; echo; [ "$a" = 123 ] && echo right' \
    <<< $'expect PIN: \necho off\nsend 123\nexpect right\nnowhere 123\nend 0'
talk 'echo that is on' 125 'echo end' <<< $'expect end\necho off'
talk 'what is echoed is found' 125 'read -rp "PIN: " a; echo end' <<< $'expect PIN: \nsend 123\nexpect end\nnowhere 123'
talk 'control-C' 130 'echo ready; sleep 60' <<< $'expect ready\nkey ^C\nend 130'
talk 'the terminal goes away' 129 'echo ready; sleep 60' <<< $'expect ready\nhangup\nend 129'
talk 'a terminal of 80 columns and 24 rows' 0 'stty size' <<< $'expect 24 80'
talk 'what has scrolled away' 0 'echo first; for i in {1..24}; do echo; done; echo last' <<< $'expect last\ngone first\nshown last'
talk 'is not shown' 125 'echo first; for i in {1..24}; do echo; done; echo last' <<< $'expect last\nshown first'
talk 'a long line takes two rows' 125 'echo first; printf "%90s\n" x; for i in {1..21}; do echo; done; echo last' \
    <<< $'expect last\nshown first'
talk 'and wide characters two columns' 125 'echo first; printf "汉%.0s" {1..41}; for i in {1..22}; do echo; done; echo last' \
    <<< $'expect last\nshown first'
talk 'a line of 80 columns' 0 'printf "%80s\n汉%78s\n" x y; read -rp "$(printf "%78s: " name)" a' <<< $'expect : \nsend Anna'
talk 'and one of more' 125 'printf "%81s\n" x' <<< 'end 0'
talk 'and of wide characters' 125 'printf "汉%79s\n" x' <<< 'end 0'
talk 'a bar is written over' 0 'printf "[#..]\r[##.]\rd\xc3\xa9\e[Kx\by\n\e[1m\a"' <<< 'end 0'
screen 'a bar is written over' $'d\xc3\xa9y\n^[[1m^G'
talk 'a command meanwhile' 0 'echo ready; read -r a' <<< $'expect ready\nrun kill -0 $PTY_PID\nsend x'
talk 'a command that fails' 125 'echo ready; read -r a' <<< $'expect ready\nrun false'
talk 'a word that is none' 125 'read -r a' <<< 'sent x'
PTY_SECONDS=1 talk 'a program that does not end' 125 'sleep 60' <<< ''
result 'it is killed' '' "$(pgrep -f 'bash -c sleep 6[0]' || true)"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
