/person-encrypt/,$s/kind: person$/kind: organisation/
