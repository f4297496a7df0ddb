s/delta: 1d/delta: 0d/
