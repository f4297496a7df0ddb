s/  clause: "operating rule 2.*/  clause: " "/
