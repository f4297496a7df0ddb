0,/validity: 2y/s//&\n    issuer: full-root/
