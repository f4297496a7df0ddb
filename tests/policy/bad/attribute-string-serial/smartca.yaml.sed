0,/{type: serialNumber,/s//{type: serialNumber, string: utf8,/
