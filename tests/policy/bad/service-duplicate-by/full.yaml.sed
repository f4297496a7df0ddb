s/^    - {op: revoke, by: operator.*/&\n    - {op: revoke, by: operator, clause: again}/
