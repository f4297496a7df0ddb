s/clause: "seal validity"/clause: ""/
