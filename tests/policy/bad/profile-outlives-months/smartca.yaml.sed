0,/period: 1y/s//period: 241m/
