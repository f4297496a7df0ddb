s/serverAuth/everything/
