0,/^    key: netca-root-rsa/s//&\n    sm2-null: true/
