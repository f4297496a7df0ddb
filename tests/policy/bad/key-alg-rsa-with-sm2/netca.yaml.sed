s/alg: rsa-sha256/alg: sm2-sm3/
