s/alg: rsa-sha256/alg: ecdsa-sha256/
