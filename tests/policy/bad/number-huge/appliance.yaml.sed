s/batch-bytes: .*/batch-bytes: 99999999999999999999999/
