/op: suspend/d
