0,/http:..crl.example.com/s//http:\/\//
