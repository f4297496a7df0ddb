0,/max-bits: 4096/s//max-bits: 2047/
