s/^ocsp: {key: full-ocsp/ocsp: {key: smartca-root-sm2/
