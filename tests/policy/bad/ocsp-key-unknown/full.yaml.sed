s/^ocsp: {key: full-ocsp/ocsp: {key: nobody/
