/person-encrypt/,$s/allowed: \[{kind: sm2}\]/allowed: [{kind: sm2}, {kind: p256}]/
