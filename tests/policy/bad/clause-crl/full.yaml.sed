s/clause: "crl rule"/clause: ""/
