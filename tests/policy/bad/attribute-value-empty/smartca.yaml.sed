0,/{type: L,/s//{type: L, value: "",/
