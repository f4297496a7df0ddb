/name: full-seals/,/clause: "seal maker/ { s/kind: sm2/kind: rsa\n    bits: 3072/; s/alg: sm2-sm3/alg: rsa-sha256/ }
