0,/type: L,/s//type: ST, /
