/^    crl: {period: 30d/d
