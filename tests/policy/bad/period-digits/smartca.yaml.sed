0,/period: 1y/s//period: 100000d/
