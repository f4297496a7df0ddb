s/id: nanjing-review/id: nanjing-entry/
