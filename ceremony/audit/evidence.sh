# shellcheck shell=sh disable=SC1003,SC2013,SC2046
# sh check.sh EVIDENCE LOG-KEY.pem
export LC_ALL=C
if [ $# -ne 2 ]; then echo 'usage: sh check.sh EVIDENCE LOG-KEY.pem' >&2 && exit 2; fi
dir=$(mktemp -d) && trap 'rm -r "$dir"' EXIT && trap 'exit 2' HUP INT TERM && cat < "$1" > "$dir/file" && cat < "$2" > "$dir/log.pem" || exit 2
log_key=$dir/log.pem bad=0
said() {
    if [ -n "$2" ] && [ "$2" = "$3" ]; then printf 'good: %s\n' "$1"; else printf 'BAD:  %s\n' "$1" && bad=$((bad + 1)); fi
}
holds() { if "$@" > "$dir/said" 2>&1; then echo yes; fi; }
verdict() { if [ "$bad" -eq 0 ]; then echo 'nothing is bad'; else echo "$bad are bad" && exit 1; fi; }

# Nothing is taken from a part before all of them have the forms that they must have (rootseal-formats(5)).
sed '1,/^The parts:$/d' "$dir/file" | sed 1d > "$dir/parts"
h='[0-9a-f]{64}' k='[0-9A-Za-z._-]+' n='(0|[1-9][0-9]{0,14})' b='[0-9A-Za-z+/]+={0,2}' t='[0-9-]{10}T[0-9:]{8}Z'
s='([^"\\]|\\.)*' a='-(sm3 -sigopt distid:1234567812345678|sha(256|384)( -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:[0-9]{2})?)'
line="log-$n: \\{\"seq\":$n,\"time\":\"$t\",\"type\":" batch="\"batch\":\"$h\"" who="\"authority\":\"$k\",\"ra\":\"$k\""
cat > "$dir/forms" <<END
seal: \{"format":"rootseal-seal-1","log":"$h","hash":"(sm3|sha256)","size":$n,"head":"$h","root":"$h","key":"$k","signature":"$b"\}
(seal|certificate)-algorithm: $a
$line"genesis","prev":"$h","hash":"(sm3|sha256)","program":"$s","policy":"$h",[ -~]*\}
$line"anchor","prev":"$h","key":"$k","certificate":"$b"\}
$line"batch","prev":"$h",$batch,"intake":"$h",$who,"sequence":$n,"requests":$n\}
$line"authorise","prev":"$h","plan":"$h","officer":"$h","signature":"$h"\}
$line"plan","prev":"$h",$batch,"intake":"$h","plan":"$h","policy":"$h",$who,"sequence":$n,("(issue|refuse|status|lists)":$n,){4}"program":"$s"\}
$line"issued","prev":"$h",$batch,"n":$n,"authority":"$k","profile":"$k","key":"$k","serial":"[0-9a-f]{2,40}","certificate":"$h","signature":"$b","supersedes":"[0-9a-f]{0,40}"\}
(log|batch|plan)-$n-path:( $h)*
batch-$n: $b
plan-0: \{"format":"rootseal-plan-1",$batch,"intake":"$h",$who,"id":"$k","sequence":$n,"policy":"$h","created":"$t","expires":"$t","log-size":$n,"log-bytes":$n,"log-head":"$h","approvals":\[\{"role":"$k","certificate":"$h"\}(,\{"role":"$k","certificate":"$h"\})*\]\}
plan-$n: \{"n":$n,"id":"$k","decision":"issue","clause":"$s","profile":"$k","key":"$k","serial":"[0-9a-f]{32}","supersedes":"[0-9a-f]{0,32}","ignored":"$s",[ -~]*"tbs":"$b"\}
(approval|authorisation)-$n(-certificate)?: $b
certificate: $b
END
said 'the parts have their forms' 'no other' "$(grep -Evxf "$dir/forms" "$dir/parts" > "$dir/other" || echo 'no other')"
get() { sed -n "s/^$1: //p" "$dir/parts"; }
bytes() { get "$1" | openssl base64 -d -A; }
field() { sed -n "s/.*[{,]\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; } # a quotation mark within a text has a backslash before it
log() { sed -n 's/^log-[0-9]*: //p' "$dir/parts" | grep "^{\"seq\":[0-9]*,\"time\":\"[^\"]*\",\"type\":\"$1\","; }
for type in genesis batch plan issued; do said "the log has one $type line" 1 "$(log $type | wc -l | tr -d ' ')"; done
if [ "$bad" -ne 0 ]; then verdict; fi
sha() { openssl dgst -sha256 -r | cut -c1-64; }
base64() { openssl base64 -d -A; }
get plan-0 | tr '{' '\n' | sed -n 's/^"role":"\([^"]*\)","certificate":"\([^"]*\)".*/\2 \1/p' > "$dir/named"
log authorise > "$dir/authorise"
n=$(log issued | field n)
both() { printf '%s\n%s\n' "$1" "$1-$2"; }
each() { k=0 && while read -r _; do k=$((k + 1)) && both "$1-$k" certificate; done < "$2"; }
said 'each part is there that has to be, and no other' "$(
    {
        both seal algorithm && both certificate algorithm
        for p in $(sed -n 's/^\(log-[0-9]*\): .*/\1/p' "$dir/parts") batch-0 "batch-$n" plan-0 "plan-$n"; do both "$p" path; done
        each approval "$dir/named" && each authorisation "$dir/authorise"
    } | sort
)" "$(sed 's/:.*//' "$dir/parts" | sort)"
said 'officers authorised it' yes "$(holds test -s "$dir/authorise")"
openssl x509 -in "$log_key" -outform DER -out "$dir/log-key"
said 'the first lines are about this certificate' "$(
    printf 'Rootseal evidence 1\n\nserial number  %s\nauthority      %s\nprofile        %s\nissued         %s\n' \
        "$(log issued | field serial)" "$(log issued | field authority)" "$(log issued | field profile)" "$(log issued | field time)"
    printf 'log            line %s of %s under a seal by %s\nlog key        %s\n' \
        "$(log issued | field seq)" "$(get seal | field size)" "$(get seal | field key)" "$(sha < "$dir/log-key")"
)" "$(sed -n 1,8p "$dir/file")"
sed -n '/^The parts:$/q; s/^    //p' "$dir/file" > "$dir/script"
said 'the commands in the file are these' yes "$(holds cmp "$dir/script" "$0")"
if [ "$bad" -ne 0 ]; then verdict; fi

# RFC 9162 2.1.3.2: from a line (its hash, its number from 0, how many lines there are, its path) to the root
leaf() { { printf '\0'; cat; } | sha; }
node() { openssl asn1parse -genstr "FORMAT:HEX,OCT:01$1$2" -noout -out /dev/stdout | tail -c 65 | sha; }
climb() {
    r=$1 fn=$2 sn=$(($3 - 1))
    shift 3
    if [ "$fn" -gt "$sn" ]; then return; fi
    for p in "$@"; do
        if [ "$sn" -eq 0 ]; then return; fi
        if [ $((fn % 2)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
            r=$(node "$p" "$r")
            while [ $((fn % 2)) -eq 0 ] && [ "$fn" -ne 0 ]; do fn=$((fn / 2)) sn=$((sn / 2)); done
        else
            r=$(node "$r" "$p")
        fi
        fn=$((fn / 2)) sn=$((sn / 2))
    done
    if [ "$sn" -eq 0 ]; then echo "$r"; fi
}

# verify ALGORITHM TEXT: that the signature in $dir/signature is by the key in $dir/key
verify() {
    case $1 in
    '-sm3 -sigopt distid:1234567812345678') set -- "$2" -sm3 -sigopt distid:1234567812345678 ;;
    -sha256 | -sha384) set -- "$2" "$1" ;;
    '-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32')
        set -- "$2" -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
        ;;
    '-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48')
        set -- "$2" -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48
        ;;
    *) return 1 ;;
    esac
    text=$1
    shift
    openssl dgst "$@" -verify "$dir/key" -signature "$dir/signature" "$text"
}

# the seal: what was signed, with which key
size=$(get seal | field size) root=$(get seal | field root)
printf 'rootseal-seal-1\nlog %s\nsize %s\nhead %s\nroot %s\n' "$(get seal | field log)" "$size" \
    "$(get seal | field head)" "$root" > "$dir/text"
get seal | field signature | base64 > "$dir/signature"
openssl x509 -in "$log_key" -noout -pubkey > "$dir/key"
said "the seal over $size lines is by the key that signs them" yes "$(holds verify "$(get seal-algorithm)" "$dir/text")"
said "it is the log that begins with line 1" "$(get seal | field log)" \
    "$(get log-1 | tr -d '\n' | openssl dgst "-$(get seal | field hash)" -r | cut -c1-64)"
for k in $(sed -n 's/^log-\([0-9]*\): .*/\1/p' "$dir/parts"); do
    said "line $k of the log is under the seal" "$root" \
        "$(climb "$(get "log-$k" | tr -d '\n' | leaf)" $((k - 1)) "$size" $(get "log-$k-path"))"
done
anchor() { log anchor | grep "\"key\":\"$1\"," | sed -n 1p | field certificate | base64; }
anchor "$(get seal | field key)" > "$dir/log-anchor"
said 'the log has the same certificate of that key' yes "$(holds cmp "$dir/log-key" "$dir/log-anchor")"

# the request in the batch, and what was decided about it in the plan, both named by the log
batch=$(log batch | field batch) plan=$(log plan | field plan)
in_batch=$(($(log batch | field requests) + 1))
in_plan=2 # its first line and its last one
for kind in issue refuse status lists; do in_plan=$((in_plan + $(log plan | field $kind))); done
for what in batch authority; do
    said "the log has one $what in all lines" "$(log batch | field $what) $(log batch | field $what)" \
        "$(log plan | field $what) $(log issued | field $what)"
done
for what in batch authority ra policy; do
    said "the plan has the $what of the log" "$(log plan | field $what)" "$(get plan-0 | field $what)"
done
for what in n profile key serial supersedes; do
    said "the plan's $what is that of the log" "is $(log issued | field $what)" "is $(get "plan-$n" | field $what)"
done
for i in 0 "$n"; do
    said "line $((i + 1)) of the batch is in it" "$batch" \
        "$(climb "$(bytes "batch-$i" | leaf)" "$i" "$in_batch" $(get "batch-$i-path"))"
    said "line $((i + 1)) of the plan is in it" "$plan" \
        "$(climb "$(get "plan-$i" | tr -d '\n' | leaf)" "$i" "$in_plan" $(get "plan-$i-path"))"
done
within() { [ -n "$1" ] && expr "$1" '<=' "$2" '&' "$2" '<=' "$3"; } # a time after another, and before a third
said 'the plan was good when it was taken up' yes \
    "$(holds within "$(get plan-0 | field created)" "$(log plan | field time)" "$(get plan-0 | field expires)")"

# cms TEXT CMS CERTIFICATE: a person's signature. openssl cms gives SM2 another ID and does not know the form of GM/T 0010,
# so there the parts are taken out
at() { openssl asn1parse -inform DER -in "$1" |
    awk -F: -v kind="$2" '$2 ~ /^d=5 / && index($0, kind) { at = $1 + 0 } END { print at + 0 }'; }
part() { openssl asn1parse -inform DER -in "$1" -noout -strparse "$(at "$1" "$2")" -out "$3"; }
cms() {
    openssl x509 -inform DER -in "$3" -noout -pubkey > "$dir/key" || return
    if ! openssl pkey -pubin -in "$dir/key" -noout -text | grep -q SM2; then
        openssl x509 -inform DER -in "$3" -out "$dir/person.pem"
        openssl cms -verify -binary -inform DER -in "$2" -content "$1" -certfile "$dir/person.pem" -nointern -noverify \
            -out "$dir/out"
        return
    fi
    part "$2" 'OCTET STRING' "$dir/signature"
    signed=$1 # unless there are signed attributes, which then hold its digest
    if [ "$(at "$2" 'cont [ 0 ]')" -ne 0 ]; then
        part "$2" 'cont [ 0 ]' "$dir/tagged"
        signed=$dir/attributes
        { printf 1; tail -c +2 "$dir/tagged"; } > "$signed" # signed as a SET, whose tag 0x31 is the character 1
        digest=$(openssl asn1parse -inform DER -in "$signed" |
            awk -F: '/:messageDigest/ { on = 1 } on && /OCTET STRING/ { print tolower($NF); exit }')
        [ "$digest" = "$(openssl dgst -sm3 -r "$1" | cut -c1-64)" ] || return
    fi
    verify '-sm3 -sigopt distid:1234567812345678' "$signed"
}

# who approved the batch, and who authorised the plan: as plan and log name them, no more, no fewer, nobody twice
date_of() { openssl x509 -inform DER -in "$dir/person" -noout "$1" -dateopt iso_8601 | sed -e 's/.*=//' -e 's/ /T/'; }
# person WHAT K TIME TEXT ROLE: one of them, whose digests are printed
person() {
    bytes "$1-$2" > "$dir/cms"
    bytes "$1-$2-certificate" > "$dir/person"
    person=$(sha < "$dir/person")
    who=$(openssl x509 -inform DER -in "$dir/person" -noout -subject)
    said "$1 $2 is a signature by $who" yes "$(holds cms "$4" "$dir/cms" "$dir/person")"
    said "whose certificate was valid then" yes "$(holds within "$(date_of -startdate)" "$3" "$(date_of -enddate)")"
    printf '%s  %s  %s\n' "$person" "$5" "$who" >> "$dir/people"
}
printf 'rootseal-approve-1\nbatch %s\n' "$batch" > "$dir/approval"
printf 'rootseal-authorise-1\nplan %s\n' "$plan" > "$dir/authorisation"
k=0
while read -r digest role; do
    k=$((k + 1))
    person approval "$k" "$(get plan-0 | field created)" "$dir/approval" "$role"
    said "approval $k is by whom the plan names" "$digest" "$person"
done < "$dir/named"
k=0
while IFS= read -r line; do
    k=$((k + 1))
    person authorisation "$k" "$(printf '%s\n' "$line" | field time)" "$dir/authorisation" officer
    said "authorisation $k is named by the log" "$plan $person $(sha < "$dir/cms")" \
        "$(printf '%s\n' "$line" | field plan) $(printf '%s\n' "$line" | field officer) $(printf '%s\n' "$line" | field signature)"
done < "$dir/authorise"
said 'nobody approved twice' "$(cut -d' ' -f1 "$dir/named" | sort -u)" "$(cut -d' ' -f1 "$dir/named" | sort)"
said 'no officer authorised twice' "$(field officer < "$dir/authorise" | sort -u)" "$(field officer < "$dir/authorise" | sort)"

# the certificate: the bytes of the plan, signed with the authority's key
bytes certificate > "$dir/certificate"
get "plan-$n" | field tbs | base64 > "$dir/tbs"
log issued | field signature | base64 > "$dir/signature"
anchor "$(log issued | field key)" > "$dir/issuer"
openssl x509 -inform DER -in "$dir/issuer" -noout -pubkey > "$dir/key"
said "the plan's bytes are signed with the key $(log issued | field key)" yes \
    "$(holds verify "$(get certificate-algorithm)" "$dir/tbs")"
openssl asn1parse -inform DER -in "$dir/certificate" -strparse 4 -noout -out "$dir/inside"
said "the certificate is these bytes" yes "$(holds cmp "$dir/tbs" "$dir/inside")"
said "it is the certificate of the log" "$(log issued | field certificate)" "$(sha < "$dir/certificate")"
bytes "batch-$n" | tr -d '\\' | sed -n 's/.*"csr" *: *"\([0-9A-Za-z+/=]*\)".*/\1/p' | base64 > "$dir/csr"
said "it is for the key of the request" "$(openssl req -inform DER -in "$dir/csr" -noout -pubkey)" \
    "$(openssl x509 -inform DER -in "$dir/certificate" -noout -pubkey)"
openssl x509 -inform DER -in "$dir/certificate" -noout -subject -issuer -serial -dates

echo 'Compare these SHA-256 with the persons and officers of the policy, and that of the policy with the one that the CA'
echo 'publishes; ask the issuer whether the certificate has been revoked since:'
printf '%s  policy\n' "$(log plan | field policy)"
cat "$dir/people"
verdict
