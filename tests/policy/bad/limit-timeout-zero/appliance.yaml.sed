s/token-timeout: .*/token-timeout: 0s/
