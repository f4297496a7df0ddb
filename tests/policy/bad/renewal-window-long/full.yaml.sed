s/window: 1m/window: 12m/
