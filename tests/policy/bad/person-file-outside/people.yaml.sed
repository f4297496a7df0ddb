s/sm2-1.pem/..\/sm2-1.pem/
