/op: renew/d
