0,/^      clause: .*/s//      clause: ""/
