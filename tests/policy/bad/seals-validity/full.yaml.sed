s/period: 1y, clause: "seal validity"/period: 1, clause: "seal validity"/
