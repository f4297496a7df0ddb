s/sm2-1.pem/p256.pem/
