0,/{type: L,/s//{type: L, value: 江苏南京, max: 3,/
