0,/kind: person/s//kind: robot/
