0,/required: true/s//required: flase/
