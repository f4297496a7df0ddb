0,/{type: O, value: Rootseal, clause: "[^"]*"/s//{type: O, value: Rootseal, clause: ""/
