/name: person-sign/,/subject-keys/s/^    clause: .*/    clause: ""/
