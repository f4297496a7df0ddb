s/batch-bytes: .*/batch-bytes: -1/
