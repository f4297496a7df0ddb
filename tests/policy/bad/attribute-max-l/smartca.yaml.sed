0,/{type: L,/s//{type: L, max: 129,/
