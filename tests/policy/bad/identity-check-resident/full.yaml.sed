0,/registration, check: uscc/s//registration, check: resident/
