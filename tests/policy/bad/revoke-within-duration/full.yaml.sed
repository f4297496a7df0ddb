s/duration: 24h/duration: 1y/
