#!/bin/bash
# recipe.sh - the shell recipes of README.md for the audit log and of rootseal-formats(5) for SM2 persons, run as they
# stand there: they accept the log of the common world and an approval, and fail on copies that were changed.
set -euo pipefail
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# extract COMMENT: the fenced block of the README that begins with this comment.
extract() {
    awk -v want="# $1" '/^```/ { if (on) exit; fence = !fence; first = fence; next }
        fence && first { on = $0 == want; first = 0 } on' README.md
}
accepts() { check "$@"; }
rejects() { check "$1 is found" not "${@:2}"; }

extract 'verify the chain' > "$work/chain.sh"
extract 'verify the newest seal' > "$work/seal.sh"
[ -s "$work/chain.sh" ] || { echo "README.md has no block that begins with: # verify the chain"; exit 1; }
log=$W/state/audit.jsonl
lines=$(wc -l < "$log")
head=$(tail -n 1 "$log" | tr -d '\n' | openssl dgst -sm3 | awk '{ print $NF }')
before=$(tail -n 2 "$log" | head -n 1 | tr -d '\n' | openssl dgst -sm3 | awk '{ print $NF }')

for shell in dash bash; do
    command -v $shell > /dev/null || continue
    accepts "$shell: the log" $shell "$work/chain.sh" "$log"
    accepts "$shell: the log and its head" $shell "$work/chain.sh" "$log" "$head"
    accepts "$shell: an earlier head" $shell "$work/chain.sh" "$log" "$before"
    accepts "$shell: a head in capitals" $shell "$work/chain.sh" "$log" "$(printf %s "$head" | tr a-f A-F)"
    rejects "$shell: another head" $shell "$work/chain.sh" "$log" "$(printf %s "$before" | tr 0-9a-f 1-9a-f0)"
done
# A line is one when it is finished: what a run that was killed left is told, and is none.
unfinished='{"seq":'
{ cat "$log"; printf %s "$unfinished"; } > "$work/unfinished"
head -c -1 "$log" > "$work/cut"
says() { "${@:2}" > "$work/said" 2>&1 && grep -qxF "$1" "$work/said"; } # TEXT COMMAND...
for shell in dash bash; do
    command -v $shell > /dev/null || continue
    accepts "$shell: it tells of an unfinished line" says "a line follows that was never finished" \
        $shell "$work/chain.sh" "$work/unfinished" "$head"
    accepts "$shell: it does not count it" says "$lines lines, head $head" $shell "$work/chain.sh" "$work/unfinished"
    rejects "$shell: the digest of an unfinished line" $shell "$work/chain.sh" "$work/unfinished" \
        "$(printf %s "$unfinished" | openssl dgst -sm3 | awk '{ print $NF }')"
    rejects "$shell: a last line without its end, with the head" $shell "$work/chain.sh" "$work/cut" "$head"
    accepts "$shell: nothing unfinished is told of a whole log" not says "a line follows that was never finished" \
        $shell "$work/chain.sh" "$log"
done
size=$(stat -c %s "$log")
last=$(tail -n 1 "$log" | wc -c)
for at in 9 700 $((size / 2)) $((size - last - 10)); do
    cp "$log" "$work/changed"
    perl -e 'open my $f, "+<:raw", $ARGV[0] or die; seek $f, $ARGV[1], 0; read $f, my $b, 1; seek $f, $ARGV[1], 0;
        print $f $b eq "7" ? "8" : "7"; close $f' "$work/changed" "$at"
    rejects "one changed byte at $at" sh "$work/chain.sh" "$work/changed"
done
# In the last line there is none after it to tell: that is what the head is for.
sed "${lines}s/\"size\":/\"size\":1/" "$log" > "$work/changed"
rejects "a change in the last line, with the head" sh "$work/chain.sh" "$work/changed" "$head"
for n in 1 2 $((lines / 2)) $((lines - 1)); do
    sed "${n}d" "$log" > "$work/changed"
    rejects "line $n dropped" sh "$work/chain.sh" "$work/changed"
done
sed "${lines}d" "$log" > "$work/changed"
rejects "the last line dropped, with the head" sh "$work/chain.sh" "$work/changed" "$head"
sed "4{h;d};5G" "$log" > "$work/changed"
rejects "two lines exchanged" sh "$work/chain.sh" "$work/changed"
sed "5p" "$log" > "$work/changed"
rejects "a line doubled" sh "$work/chain.sh" "$work/changed"

if [ -s "$work/seal.sh" ]; then
    accepts "the newest seal" sh "$work/seal.sh" "$log" "$W/state/anchors/rootseal-log.pem"
    rejects "a seal by another key" sh "$work/seal.sh" "$log" "$W/state/anchors/rootseal-bundle.pem"
    sed "${lines}s/\"root\":\"./\"root\":\"g/" "$log" > "$work/changed"
    rejects "a seal over another root" sh "$work/seal.sh" "$work/changed" "$W/state/anchors/rootseal-log.pem"
    sed "1s/\"program\":\"rootseal/\"program\":\"rootsea1/" "$log" > "$work/changed"
    rejects "a seal of another log" sh "$work/seal.sh" "$work/changed" "$W/state/anchors/rootseal-log.pem"
fi
# The recipes of rootseal-formats(5), on an approval that ra makes.
formats() { # COMMENT FILE
    awk -v want="# $1" '/^\.Ed/ { on = 0 } $0 == want { on = 1 } on' signer/rootseal-formats.5 | sed 's/\\e/\\/g' > "$2"
    [ -s "$2" ] || { echo "rootseal-formats(5) has no recipe that begins with: # $1"; exit 1; }
}
formats 'verify a signature by an SM2 person' "$work/sm2.sh"
formats 'the digest of a batch or plan' "$work/digest.sh"
mkdir "$work/requests"
world_csr "$work/requests/r-1.csr" sm2 /C=CN/CN=Name
"$W/bin/ra" new --dir "$work/batch" --authority netca --ra guangzhou --id recipe-1 --sequence 1 > "$work/said"
"$W/bin/ra" add --dir "$work/batch" --profile person-sign "$work/requests" > "$work/said"
"$W/bin/ra" approve --dir "$work/batch" --person gz-entry-2 --key "$W/people/gz-entry-2.key" --pass-fd 3 \
    --digest "$(world_root "$work/batch/batch.jsonl")" 3<<< "$WORLD_PASS" > "$work/said"
for shell in dash bash; do
    for lines in 1 2 3 5 8; do
        head -n $lines "$log" > "$work/lines"
        accepts "$shell: the digest of $lines lines" test "$($shell "$work/digest.sh" "$work/lines")" = "$(world_root "$work/lines")"
    done
    printf 'a\n\nb' > "$work/lines"
    accepts "$shell: an empty line, and an unfinished one" test "$($shell "$work/digest.sh" "$work/lines")" = "$(world_root "$work/lines")"
done
text=$work/approve.txt cms=$work/batch/entry-gz-entry-2.p7s
approve_text() { printf 'rootseal-approve-1\nbatch %s\n' "$(sh "$work/digest.sh" "$1")"; }
approve_text "$work/batch/batch.jsonl" > "$text"
for shell in dash bash; do
    accepts "$shell: an approval by an SM2 person" $shell "$work/sm2.sh" "$text" "$cms" "$W/people/gz-entry-2.pem"
done
for how in yes no; do # in the form of GM/T 0010, with signed attributes and without
    PASS=$WORLD_PASS ATTRIBUTES=$how tests/gmt0010.sh "$W/people/gz-entry-2.key" "$W/people/gz-entry-2.pem" "$text" "$work/gm.p7s"
    for shell in dash bash; do
        accepts "$shell: GM/T 0010, attributes $how" $shell "$work/sm2.sh" "$text" "$work/gm.p7s" "$W/people/gz-entry-2.pem"
    done
    rejects "GM/T 0010, attributes $how, of another text" sh "$work/sm2.sh" "$work/digest.sh" "$work/gm.p7s" "$W/people/gz-entry-2.pem"
done
rejects "an approval by another SM2 person" sh "$work/sm2.sh" "$text" "$cms" "$W/people/gz-review-2.pem"
approve_text <(sed 's/r-1/r-2/' "$work/batch/batch.jsonl") > "$work/changed"
rejects "an approval of another batch" sh "$work/sm2.sh" "$work/changed" "$cms" "$W/people/gz-entry-2.pem"
at=$(openssl asn1parse -inform DER -in "$cms" | awk -F: '/UTCTIME/ { at = $1 + 14 } END { print at }')
perl -e 'local $/; open my $f, "<:raw", $ARGV[0]; $_ = <$f>; substr($_, $ARGV[1], 1) ^= "\x01"; print' \
    "$cms" "$at" > "$work/changed.p7s"
rejects "an approval with another time" sh "$work/sm2.sh" "$text" "$work/changed.p7s" "$W/people/gz-entry-2.pem"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
