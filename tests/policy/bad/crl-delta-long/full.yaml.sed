s/delta: 1d/delta: 168h/
