0,/name: smartca-root-sm2/s//name: rootseal-log/
