/^  offered:/,/op: issue/{s/^  offered:.*/  offered: []/;t;d}
