0,/http:..crl/s//https:\/\/crl/
