0,/    kind: sm2/s//    kind: p256/
