s/alg: sm2-sm3/alg: rsa-sha256/
