0,/object=smartca-root-sm2/s//object=rootseal%2dlog/
