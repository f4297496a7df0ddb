0,/identity-tagging: implicit/s//identity-tagging: automatic/
