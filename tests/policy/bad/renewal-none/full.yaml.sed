/^renewal:/d
