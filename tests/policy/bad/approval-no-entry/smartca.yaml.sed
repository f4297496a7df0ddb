/role: entry/d
