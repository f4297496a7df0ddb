/^    - {op: \(renew\|change\|revoke\|accept\)/d
/^  offered:/,/op: issue/{s/^  offered:.*/  offered: []/;t;d}
