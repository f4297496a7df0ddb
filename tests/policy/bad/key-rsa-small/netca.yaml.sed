s/bits: 3072/bits: 1024/
