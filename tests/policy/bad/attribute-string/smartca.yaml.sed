0,/{type: L,/s//{type: L, string: bmp,/
