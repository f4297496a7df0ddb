0,/check: resident/s//check: uscc/
