0,/    kind: sm2/s//    kind: sm9/
