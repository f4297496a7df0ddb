s/officers: 2/officers: 1/
