0,/min-bits: 2048/s//min-bits: 1024/
