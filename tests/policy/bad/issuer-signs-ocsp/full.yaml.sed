s/issuer: full-root/issuer: full-ocsp/
