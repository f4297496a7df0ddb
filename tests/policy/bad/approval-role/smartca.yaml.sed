s/role: review/role: boss/
