/name: full-sub/,/clause:/s/validity: 10y/validity: 20y/
