s/batch-requests: .*/batch-requests: 10x/
