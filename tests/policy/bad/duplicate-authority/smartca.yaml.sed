s/^authority:.*/authority: netca/
