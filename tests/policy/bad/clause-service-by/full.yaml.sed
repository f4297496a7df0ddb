s/by: ceased, clause: "s 8"/by: ceased, clause: ""/
