s/issuer: sm2-4.pem/issuer: ..\/sm2-4.pem/
