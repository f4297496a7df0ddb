0,/, max-bits: 4096/s///
