0,/nonRepudiation/s//keyCertSign/
