0,/\[digitalSignature, nonRepudiation\]/s//[]/
