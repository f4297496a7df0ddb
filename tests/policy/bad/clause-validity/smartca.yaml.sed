0,/{period: 1y, clause: .*}/s//{period: 1y, clause: ""}/
