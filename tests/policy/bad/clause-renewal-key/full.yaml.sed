s/key-clause: "new key rule"/key-clause: ""/
