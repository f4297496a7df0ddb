s/id: officer-2/id: nanjing-entry/
