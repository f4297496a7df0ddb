s/^    clause: "smartca art 2.3 (CPS)"$/&/; s/sm2-null: true/sm2-null: \&a true/; s/required: true/required: *a/
