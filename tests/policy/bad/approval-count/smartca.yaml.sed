s/role: review, count: 1/role: review, count: 0/
