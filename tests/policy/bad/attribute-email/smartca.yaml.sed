0,/{type: ST, clause/s//{type: emailAddress, clause/
