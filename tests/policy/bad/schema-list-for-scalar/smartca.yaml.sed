0,/kind: person/s//kind: [person]/
