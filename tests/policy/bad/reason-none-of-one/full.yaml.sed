/{by: ceased, name/d
