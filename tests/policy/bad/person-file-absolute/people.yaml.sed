s/sm2-1.pem/\/etc\/passwd/
