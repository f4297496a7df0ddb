s/op: revoke, by: ceased/op: revoke, by: court/
