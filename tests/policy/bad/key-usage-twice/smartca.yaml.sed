0,/nonRepudiation/s//digitalSignature/
