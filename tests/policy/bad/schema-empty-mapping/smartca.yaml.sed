s/{op: issue, clause: .*}/{}/
