0,/name: person-sign/s//name: "person sign"/
