0,/clause: "id rule 4"/s//clause: ""/
