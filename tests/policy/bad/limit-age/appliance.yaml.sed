s/batch-age: .*/batch-age: 7/
