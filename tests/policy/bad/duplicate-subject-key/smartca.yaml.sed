0,/kind: p384/s//kind: sm2 /
