/^log:/,/clause:/s/^    validity: .*/&\n    issuer: netca-root/
