s/op: issue/op: renew/
