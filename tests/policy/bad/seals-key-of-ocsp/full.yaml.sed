s/^seals: {key: full-seals/seals: {key: full-ocsp/
