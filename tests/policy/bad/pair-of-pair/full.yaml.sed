0,/identity-tagging: implicit/s//&\n    pair: person-encrypt/
