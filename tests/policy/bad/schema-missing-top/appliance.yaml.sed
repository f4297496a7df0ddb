/^token:/d
