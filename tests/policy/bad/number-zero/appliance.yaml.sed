s/batch-bytes: .*/batch-bytes: 0/
