/role: review/d
