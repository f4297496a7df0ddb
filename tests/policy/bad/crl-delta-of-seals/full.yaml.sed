s/crl: {period: 30d,/& delta: 1d,/
