s/bits: 3072/bits: 8200/
