s/^token:.*/token: rootseal/
