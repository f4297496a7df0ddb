s/op: issue,/op: issue, by: operator,/
