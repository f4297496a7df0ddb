s/bits: 3072/bits: 3073/
