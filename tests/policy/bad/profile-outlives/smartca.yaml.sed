0,/period: 1y/s//period: 20y/
