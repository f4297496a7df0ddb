s/issuer: sm2-4.pem/issuer: no-ca.pem/
