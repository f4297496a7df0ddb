/op: resume/d
