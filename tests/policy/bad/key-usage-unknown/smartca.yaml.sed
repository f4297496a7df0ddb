0,/nonRepudiation/s//signEverything/
