s/{role: review, count: 1, clause: .*}/{role: review, count: 1, clause: "第二条"}/
