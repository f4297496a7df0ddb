s/sm2-1.pem/rsa-1024.pem/
