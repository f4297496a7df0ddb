/^    crl: {period: 7d/d
