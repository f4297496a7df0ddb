/name: full-ocsp/,/clause:/s/validity: 2y/validity: 20y/
