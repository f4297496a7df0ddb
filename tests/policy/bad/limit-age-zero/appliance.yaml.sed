s/batch-age: .*/batch-age: 0d/
