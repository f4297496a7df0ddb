0,/validity: 20y/s//validity: 101y/
