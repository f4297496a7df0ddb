/op: renew/d; /op: seal-renew/d
