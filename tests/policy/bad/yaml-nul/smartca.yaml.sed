s/^authority:.*/authority: "smartca\\0x"/
