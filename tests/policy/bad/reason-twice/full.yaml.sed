s/^  - {by: operator, name: fee.*/&\n  - {by: operator, name: fee, code: superseded, clause: again}/
