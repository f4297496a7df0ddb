/op: seal-/d; /^    crl: {period: 30d/d
