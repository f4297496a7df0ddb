s/object=smartca-root-sm2/&%00/
