0,/\[2.999.1.1\]/s//[anyPolicy]/
