s/sm2-1.pem/appliance.yaml/
