s/issuer: sm2-4.pem/issuer: none.pem/
