s/period: 3d/period: 731d/
