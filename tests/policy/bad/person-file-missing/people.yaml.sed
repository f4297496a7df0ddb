s/sm2-1.pem/nobody.pem/
