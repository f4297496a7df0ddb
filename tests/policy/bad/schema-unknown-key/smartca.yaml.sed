0,/    kind: person/s//&\n    colour: red/
