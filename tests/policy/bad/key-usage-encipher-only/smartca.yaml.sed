0,/nonRepudiation/s//encipherOnly/
