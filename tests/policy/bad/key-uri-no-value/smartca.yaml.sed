s/object=smartca-root-sm2/object/
