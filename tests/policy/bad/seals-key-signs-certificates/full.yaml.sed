s/^seals: {key: full-seals/seals: {key: full-root/
