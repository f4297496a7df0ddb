s/batch-bytes: .*/batch-bytes: 536870913/
