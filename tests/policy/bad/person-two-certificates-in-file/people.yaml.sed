s/sm2-1.pem/two.pem/
