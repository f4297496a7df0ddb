0,/field: taxation, check/s//field: insurance, check/;0,/check: uscc, clause: "id rule 7"/s//clause: "id rule 7"/
