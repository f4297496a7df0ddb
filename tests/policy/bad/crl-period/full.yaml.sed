s/period: 7d/period: 7w/
