s/sm2-4.pem/sm2-3.pem/
