$s/clause: .*/clause: ""/
