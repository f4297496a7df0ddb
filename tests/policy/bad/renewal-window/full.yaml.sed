s/window: 1m/window: soon/
