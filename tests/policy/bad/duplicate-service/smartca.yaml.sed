s/^    - {op: issue.*/&\n    - {op: issue, clause: again}/
