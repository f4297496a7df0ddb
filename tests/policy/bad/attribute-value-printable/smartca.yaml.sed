0,/{type: L,/s//{type: L, value: 南京, string: printable,/
