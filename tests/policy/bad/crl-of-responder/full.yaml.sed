s/^    clause: "responder rule"/    crl: {period: 7d, clause: "none"}\n&/
