/bits: 3072/d
