s/copy-extensions: .*/copy-extensions: [subjectAltName, subjectAltName]/
