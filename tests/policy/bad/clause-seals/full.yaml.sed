s/clause: "seal rule"/clause: ""/
