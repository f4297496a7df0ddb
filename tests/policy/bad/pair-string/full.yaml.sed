/person-encrypt/,$s/type: CN, /type: CN, string: printable, /
