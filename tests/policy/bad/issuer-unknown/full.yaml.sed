s/issuer: full-root/issuer: full-base/
