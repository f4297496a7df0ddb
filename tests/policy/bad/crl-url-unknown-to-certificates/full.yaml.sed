s|^      crl: .*|      crl: ["http://crl.example.com/other.crl"]|
