/^bundle:/,/clause:/s/^    validity: .*/&\n    crl: {period: 7d, clause: "none"}/
