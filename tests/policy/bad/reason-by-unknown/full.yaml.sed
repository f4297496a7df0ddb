s/{by: ceased, name/{by: court, name/
