0,/key: smartca-root-sm2/s//key: netca-root-rsa/
