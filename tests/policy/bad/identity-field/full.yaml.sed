s/field: insurance, required/field: shoe-size, required/
