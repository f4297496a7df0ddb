/^keys:/,/^$/{s/^keys:/keys: []/;t;d}
