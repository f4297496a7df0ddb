0,/check: resident/s//check: luhn/
