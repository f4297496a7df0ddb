0,/{type: L,/s//{type: street,/
