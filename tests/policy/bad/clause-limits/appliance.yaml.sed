s/  clause: "operating rule 1.*/  clause: ""/
