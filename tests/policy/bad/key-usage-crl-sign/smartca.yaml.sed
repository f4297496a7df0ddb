0,/nonRepudiation/s//cRLSign/
