/policies: .2.999.1.4./,/clause:/s/clause: .*/clause: ""/
