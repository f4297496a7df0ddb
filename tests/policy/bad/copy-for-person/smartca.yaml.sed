0,/      issuers:/s//      copy-extensions: [subjectAltName]\n&/
