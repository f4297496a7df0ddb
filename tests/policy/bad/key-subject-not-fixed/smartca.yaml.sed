0,/{type: O, value: [^,]*, /s//{type: O, /
