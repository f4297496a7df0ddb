/^profiles:/,$s/http:..crl/https:\/\/crl/
