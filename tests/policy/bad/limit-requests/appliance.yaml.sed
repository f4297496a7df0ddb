s/batch-requests: .*/batch-requests: 100001/
