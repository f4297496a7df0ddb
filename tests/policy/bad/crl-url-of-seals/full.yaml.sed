s|crl: {period: 30d,|& url: "http://crl.example.com/seals",|
