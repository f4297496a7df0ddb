s/period: 3d/period: 3/
