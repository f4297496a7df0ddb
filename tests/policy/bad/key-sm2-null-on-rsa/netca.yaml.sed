s/bits: 3072/&\n    sm2-null: true/
