/person-encrypt/,${/identity-tagging/d}
