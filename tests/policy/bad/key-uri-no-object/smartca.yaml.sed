s/;object=smartca-root-sm2//
