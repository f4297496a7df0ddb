/op: seal-issue/d
