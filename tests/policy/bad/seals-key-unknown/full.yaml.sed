s/^seals: {key: full-seals/seals: {key: nobody/
