s/role: review/role: entry/
