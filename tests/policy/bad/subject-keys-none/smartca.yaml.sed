0,/^      allowed:/{/^      allowed:/{s/$/ []/;n;N;N;N;d}}
