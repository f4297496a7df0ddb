0,/{type: CN, required: true,/s//{type: CN, required: true, max: 65,/
