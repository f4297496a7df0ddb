s/alg: sm2-sm3/alg: sm2-sm4/
