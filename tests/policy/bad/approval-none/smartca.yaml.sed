/^approvals:/,/^$/{s/^approvals:.*/approvals: []/;t;d}
