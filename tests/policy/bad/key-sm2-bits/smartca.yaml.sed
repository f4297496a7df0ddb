0,/alg: sm2-sm3/s//&\n    bits: 384/
