0,/{type: ST, clause/s//{type: stateOrProvinceName, clause/
