s/{op: issue, clause: .*}/{op: issue, clause: ""}/
