s/^ocsp: {key: full-ocsp/ocsp: {key: full-root/
