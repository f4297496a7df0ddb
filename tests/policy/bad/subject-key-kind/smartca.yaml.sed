0,/kind: p384/s//kind: p521/
