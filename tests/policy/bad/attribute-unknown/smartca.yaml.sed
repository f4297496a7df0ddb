0,/{type: ST, clause/s//{type: XY, clause/
