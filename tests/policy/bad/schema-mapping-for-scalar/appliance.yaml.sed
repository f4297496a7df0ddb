s/  officers: 2/  officers: {a: 2}/
