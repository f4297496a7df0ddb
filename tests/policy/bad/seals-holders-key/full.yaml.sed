s/issuer: sm2-4.pem/issuer: p256.pem/
