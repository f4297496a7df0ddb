0,/period: 1y/s//period: 6m1y/
