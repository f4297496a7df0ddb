s/pair: person$/pair: person-encrypt/
