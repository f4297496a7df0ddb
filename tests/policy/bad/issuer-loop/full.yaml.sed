0,/validity: 20y/s//&\n    issuer: full-sub/
