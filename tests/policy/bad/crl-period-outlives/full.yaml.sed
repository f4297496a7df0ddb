s/period: 7d/period: 9999d/
