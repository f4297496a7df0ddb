0,/insurance, required: false/s//insurance, required: maybe/
