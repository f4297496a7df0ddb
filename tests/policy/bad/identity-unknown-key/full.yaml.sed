0,/clause: "id rule 4"/s//clause: "id rule 4", tagging: explicit/
