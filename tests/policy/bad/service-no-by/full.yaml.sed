s/^    - {op: revoke, by: ceased, /    - {op: revoke, /
