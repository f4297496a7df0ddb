s/window: 1m/window: 1y/; s/period: 1y, clause: "validity rule"/period: 2y, clause: "validity rule"/
