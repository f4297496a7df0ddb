/op: issue/d
