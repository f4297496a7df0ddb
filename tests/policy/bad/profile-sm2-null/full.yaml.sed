s/^    sm2-null: false/    sm2-null: no/
