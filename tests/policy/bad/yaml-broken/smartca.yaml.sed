s/^title:.*/	title: x/
