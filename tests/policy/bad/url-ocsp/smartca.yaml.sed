0,/      issuers:/s//      ocsp: ["ftp:\/\/ocsp.example.com"]\n&/
