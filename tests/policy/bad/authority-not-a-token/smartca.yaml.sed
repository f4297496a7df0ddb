s/^authority:.*/authority: ..\/x/
