s/token-timeout: .*/token-timeout: 2h/
