s/^  clause: .*/  clause: ""/
