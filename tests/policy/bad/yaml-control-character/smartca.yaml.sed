s/^title:.*/title: "a\\x1bb"/
