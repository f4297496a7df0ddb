s/clause: "r 5"/clause: ""/
