s/rsa-3.pem/sm2-1.pem/
