s/issuer: full-root/issuer: full-sub/
