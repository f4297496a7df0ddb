s/^title:.*/? {a: b}\n: c/
