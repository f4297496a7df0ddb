/person-encrypt/,$s/type: CN, required: true, /type: CN, value: Wang, /
