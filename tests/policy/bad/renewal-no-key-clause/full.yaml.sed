s/, key-clause: "new key rule"//
