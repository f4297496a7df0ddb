s/^title:.*/title: " "/
