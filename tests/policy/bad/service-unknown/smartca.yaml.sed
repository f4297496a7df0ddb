s/op: issue/op: archive/
