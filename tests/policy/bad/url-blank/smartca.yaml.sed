0,/aia.example.com/s//aia example.com/
