0,/name: smartca-root-sm2/s//name: netca-root-rsa/
