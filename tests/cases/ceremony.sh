# shellcheck shell=bash disable=SC2154,SC2034
# ceremony.sh - what cases of ceremonies share; a case sources it. The file is $C/NAME.yaml, the persons are those of file_head.

# file_head NAME [FOLLOWS]: the beginning of a ceremony file, up to its steps, which the caller adds.
file_head() {
    cat > "$C/$1.yaml" <<- END
	ceremony: $1
	title: A ceremony of the tests
	follows: ${2:-none}
	present:
	  - {id: operator-1, name: 张伟, role: operator, initials: OA}
	  - {id: officer-1, name: 李娜, role: officer, initials: FA}
	  - {id: officer-2, name: Wang Fang, role: officer, initials: FB}
	  - {id: witness-1, name: Chen Jie, role: witness, initials: WA}
	steps:
	END
}
file_step() { printf -- '  - {%s}\n' "$2" >> "$C/$1.yaml"; }

# walk NAME LINE...: the persons type these lines; the PIN is there as often as it is asked for.
walk() {
    local name=$1
    shift
    printf '%s\n' "$@" | ceremony run --state "$S" --module "$MODULE" --pin-fd 3 "$C/$name.yaml" 3< <(yes "$WORLD_PIN")
}
ALL=(OA FA FB WA)
# what is typed when an officer cannot sign the minutes, and when both cannot
UNSIGNED=('' exception 'The key is not at hand' OA WA)
BOTH_UNSIGNED=("${UNSIGNED[@]}" "${UNSIGNED[@]}")
# the same for at_terminal
who() { printf 'expect Initials of %s\nsend %s\n' "$1" "$2"; }
unsigned() { # OFFICER...
    for o in "$@"; do
        printf 'expect %s, the file with your key\nsend \nexpect "exception"\nsend exception\nexpect The reason\nsend No key\n' "$o"
        who one OA; who another WA
    done
}
no_bundle() { printf 'expect The folder of a bundle\nsend \n'; }

# said WORDS: the last step of the case said so, in one line. A code of the table counts as produced.
said() {
    grep -qF -- "$1" "$LAST.out" || { echo "it did not say: $1"; cat "$LAST.out"; exit 1; }
    case ${1%%:*} in E_*) seen "${1%%:*}" ;; esac
}

# events NAME: what the transcript has, without what was said: one line an event.
events() { jq -r 'select(.event != "said" and .event != "head") | [.event, .n, .do, .what, .person, .code] | map(select(. != null)) | join(" ")' \
    "$S/ceremonies/$1/transcript.jsonl"; }

# cast: who types what, for play and rehearse; the officers' keys are the world's.
cast() {
    printf '%s\n' "operator-1 OA" "officer-1 FA $PEOPLE/officer-1.key" "officer-2 FB $PEOPLE/officer-2.key" "witness-1 WA" \
        "auditor-1 UA" > "$C/cast"
}

# acted OPTION... -- COMMAND...: the command runs with these persons at its questions (tests/room/actor.pl), under $WRAP.
acted() {
    local options=() wrap=("${WRAP[@]}") status=0
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    WRAP=("$ROOT/tests/room/actor.pl" "$C/cast" "${options[@]}" -- "${wrap[@]}")
    "$@" 4< <(yes "$WORLD_PASS") || status=$?
    WRAP=("${wrap[@]}")
    return $status
}
# play NAME [OPTION...]: the ceremony as it is meant to go; rehearse DIR NAME the same on a token of its own.
play() { acted "${@:2}" -- ceremony run --state "$S" --module "$MODULE" --pin-fd 3 --pass-fd 4 "$C/$1.yaml" 3< <(yes "$WORLD_PIN"); }
rehearse() { acted -- ceremony rehearse --dir "$1" --module "$MODULE" --pin-fd 3 --pass-fd 4 "$C/$2.yaml" 3< <(yes rehearsal); }

# empty_token: the case begins with a token that nobody has used, and without a state.
empty_token() {
    rm -rf "$S" "$C/tokens"
    mkdir "$C/tokens"
    softhsm2-util --init-token --free --label rootseal --so-pin 12345678 --pin "$WORLD_PIN" > "$C/init.log"
}

# agree NAME LINE...: as walk, with the officers' passphrases at hand, too, and what else is in RUN.
RUN=()
agree() {
    local name=$1
    shift
    printf '%s\n' "$@" | ceremony run "${RUN[@]}" --state "$S" --module "$MODULE" --pin-fd 3 --pass-fd 4 "$C/$name.yaml" \
        3< <(yes "$WORLD_PIN") 4< <(yes "$WORLD_PASS")
}
# words [LINE]: $WORDS become the first words of what the last step showed last to be signed, or after a line that begins so.
words() {
    WORDS=$(awk -v line="^${1:-to be signed in step}" '$0 ~ line { on = 1 } on && $1 == "words" { w = $3 " " $4 " " $5; on = 0 } END { print w }' \
        "$LAST.out")
}
KEYS=("$PEOPLE/officer-1.key" "$PEOPLE/officer-2.key")
