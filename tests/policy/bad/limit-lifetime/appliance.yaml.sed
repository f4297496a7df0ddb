s/plan-lifetime: .*/plan-lifetime: 1y/
