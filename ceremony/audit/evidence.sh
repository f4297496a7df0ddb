# shellcheck shell=sh disable=SC1003,SC2013,SC2046,SC2317
# sh check.sh EVIDENCE LOG-KEY.pem
file=$1 log_key=$2 dir=$(mktemp -d) bad=0
get() { sed -n "s/^$1: //p" "$file"; }
bytes() { get "$1" | openssl base64 -d -A; }
field() { tr -d '\\' | sed -n "s/.*\"$1\" *: *\"\{0,1\}\([^\",}]*\).*/\1/p"; }
log() { sed -n 's/^log-[0-9]*: //p' "$file" | grep "\"type\":\"$1\""; }
sha() { openssl dgst -sha256 -r | cut -c1-64; }
said() { if [ "$2" = "$3" ]; then echo "good: $1"; else echo "BAD:  $1"; bad=1; fi; }
holds() { if "${@}" > "$dir/said" 2>&1; then echo yes; fi; }

# RFC 9162 2.1.3.2: from a line (its hash, its number from 0, how many lines there are, its path) to the root
leaf() { { printf '\0'; cat; } | sha; }
node() { openssl asn1parse -genstr "FORMAT:HEX,OCT:01$1$2" -noout -out /dev/stdout | tail -c 65 | sha; }
climb() {
    r=$1 fn=$2 sn=$(($3 - 1))
    shift 3
    for p in "$@"; do
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

# the seal: what was signed, with which key
size=$(get seal | field size) root=$(get seal | field root)
printf 'rootseal-seal-1\nlog %s\nsize %s\nhead %s\nroot %s\n' "$(get seal | field log)" "$size" \
    "$(get seal | field head)" "$root" > "$dir/text"
get seal | field signature | openssl base64 -d -A > "$dir/signature"
openssl x509 -in "$log_key" -noout -pubkey > "$dir/key"
said "the seal over $size lines is by the key that signs them" yes \
    "$(holds openssl dgst $(get seal-algorithm) -verify "$dir/key" -signature "$dir/signature" "$dir/text")"
said "it is the log that begins with line 1" "$(get seal | field log)" \
    "$(get log-1 | tr -d '\n' | openssl dgst "-$(get seal | field hash)" -r | cut -c1-64)"
for n in $(sed -n 's/^log-\([0-9]*\): .*/\1/p' "$file"); do
    said "line $n of the log is under the seal" "$root" \
        "$(climb "$(get "log-$n" | tr -d '\n' | leaf)" $((n - 1)) "$size" $(get "log-$n-path"))"
done

# the request in the batch, and what was decided about it in the plan, both named by the log
batch=$(log batch | field batch) plan=$(log plan | field plan) n=$(log issued | field n)
in_batch=$(($(log batch | field requests) + 1))
in_plan=2 # its first line and its last one
for kind in issue refuse status lists; do in_plan=$((in_plan + $(log plan | field $kind))); done
said "the log has one batch in all lines" "$batch $batch" "$(log plan | field batch) $(log issued | field batch)"
said "the plan is of this batch" "$batch" "$(get plan-0 | field batch)"
for i in 0 "$n"; do
    said "line $((i + 1)) of the batch is in it" "$batch" \
        "$(climb "$(bytes "batch-$i" | leaf)" "$i" $in_batch $(get "batch-$i-path"))"
    said "line $((i + 1)) of the plan is in it" "$plan" \
        "$(climb "$(get "plan-$i" | tr -d '\n' | leaf)" "$i" $in_plan $(get "plan-$i-path"))"
done

# cms TEXT CMS CERTIFICATE: a person's signature. openssl cms gives SM2 another ID and does not know the form of GM/T 0010,
# so there the parts are taken out
at() { openssl asn1parse -inform DER -in "$1" |
    awk -F: -v kind="$2" '$2 ~ /^d=5 / && index($0, kind) { at = $1 + 0 } END { print at }'; }
part() { openssl asn1parse -inform DER -in "$1" -noout -strparse "$(at "$1" "$2")" -out "$3"; }
cms() {
    openssl x509 -inform DER -in "$3" -noout -pubkey > "$dir/key"
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
    openssl dgst -sm3 -sigopt distid:1234567812345678 -verify "$dir/key" -signature "$dir/signature" "$signed"
}

# who approved the batch, and who authorised the plan
printf 'rootseal-approve-1\nbatch %s\n' "$batch" > "$dir/approval"
printf 'rootseal-authorise-1\nplan %s\n' "$plan" > "$dir/authorisation"
for name in $(sed -n -e 's/^\(approval-[0-9]*\): .*/\1/p' -e 's/^\(authorisation-[0-9]*\): .*/\1/p' "$file"); do
    bytes "$name" > "$dir/cms"
    bytes "$name-certificate" > "$dir/person"
    who=$(openssl x509 -inform DER -in "$dir/person" -noout -subject)
    what=${name%%-*}
    case $what in
    approval) where=$(get plan-0) named="\"certificate\":\"$(sha < "$dir/person")\"" ;;
    *)
        where=$(log authorise)
        named="\"plan\":\"$plan\",\"officer\":\"$(sha < "$dir/person")\",\"signature\":\"$(sha < "$dir/cms")\""
        ;;
    esac
    said "$name is a signature by $who" yes "$(holds cms "$dir/$what" "$dir/cms" "$dir/person")"
    said "$name is named by plan or log" yes "$(holds test "${where#*"$named"}" != "$where")"
done

# the certificate: the bytes of the plan, signed with the authority's key
bytes certificate > "$dir/certificate"
get "plan-$n" | field tbs | openssl base64 -d -A > "$dir/tbs"
log issued | field signature | openssl base64 -d -A > "$dir/signature"
log anchor | grep "\"key\":\"$(log issued | field key)\"" | field certificate | openssl base64 -d -A > "$dir/issuer"
openssl x509 -inform DER -in "$dir/issuer" -noout -pubkey > "$dir/key"
said "the plan's bytes are signed with the key $(log issued | field key)" yes \
    "$(holds openssl dgst $(get certificate-algorithm) -verify "$dir/key" -signature "$dir/signature" "$dir/tbs")"
openssl asn1parse -inform DER -in "$dir/certificate" -strparse 4 -noout -out "$dir/inside"
said "the certificate is these bytes" yes "$(holds cmp "$dir/tbs" "$dir/inside")"
said "it is the certificate of the log" "$(log issued | field certificate)" "$(sha < "$dir/certificate")"
bytes "batch-$n" | field csr | openssl base64 -d -A > "$dir/csr"
said "it is for the key of the request" "$(openssl req -inform DER -in "$dir/csr" -noout -pubkey)" \
    "$(openssl x509 -inform DER -in "$dir/certificate" -noout -pubkey)"
openssl x509 -inform DER -in "$dir/certificate" -noout -subject -issuer -serial -dates
rm -r "$dir"
exit $bad
