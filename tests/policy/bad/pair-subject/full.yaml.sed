/person-encrypt/,$s/^      - {type: CN, .*/&\n      - {type: O, clause: "name rule"}/
