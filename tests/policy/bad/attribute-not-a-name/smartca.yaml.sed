0,/{type: ST, clause/s//{type: SHA256, clause/
