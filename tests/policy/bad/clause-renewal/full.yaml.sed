s/clause: "window rule"/clause: ""/
