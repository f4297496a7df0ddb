s/policies: \[2.999.1.2\]/policies: 2.999.1.2/
