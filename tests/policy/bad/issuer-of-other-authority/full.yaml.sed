s/issuer: full-root/issuer: netca-root/
