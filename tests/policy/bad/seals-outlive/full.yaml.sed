s/period: 1y, clause: "seal validity"/period: 10y, clause: "seal validity"/
