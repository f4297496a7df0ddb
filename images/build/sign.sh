#!/bin/bash
# sign.sh KEY CERT UKI SIGNED: signs the unified kernel image for Secure Boot, and verifies that.
# shellcheck source=images/build/environment.sh
. images/build/environment.sh
key=$1 cert=$2 uki=$3 signed=$4

[ -n "$key" ] || die "name the key and its certificate: make image SB_KEY=KEY SB_CERT=CERT"
[ -n "$cert" ] || die "name the certificate of the key, too: make image SB_KEY=KEY SB_CERT=CERT"
quietly sbsign --key "$key" --cert "$cert" --output "$signed.new" "$uki"
quietly sbverify --cert "$cert" "$signed.new"
mv "$signed.new" "$signed"
