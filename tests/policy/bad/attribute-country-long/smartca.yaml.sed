/name: person-sign/,/validity:/s/{type: C, value: CN, /{type: C, value: CHN, /
