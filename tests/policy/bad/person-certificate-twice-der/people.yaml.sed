s/sm2-2.der/sm2-1.der/
