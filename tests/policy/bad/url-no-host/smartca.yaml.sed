/^profiles:/,$s/http:..crl.example.com/http:\/\//
