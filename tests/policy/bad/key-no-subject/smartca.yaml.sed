/^keys:/,/^services:/{/^    subject:/s/$/ []/;/^      - /d}
