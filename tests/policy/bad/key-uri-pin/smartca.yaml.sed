s/object=smartca-root-sm2/&?pin-value=1234/
