/person-encrypt/,${/field: taxation/d}
