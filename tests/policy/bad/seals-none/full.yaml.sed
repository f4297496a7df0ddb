/^seals:/d
