s/^title:.*/title: "a\\u202eb"/
