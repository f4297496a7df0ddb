s/clause: "promise"/clause: ""/
