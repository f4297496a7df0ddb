s/issuer: full-root/issuer: full-seals/
