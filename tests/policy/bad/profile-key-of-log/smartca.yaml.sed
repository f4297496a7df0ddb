0,/key: smartca-root-sm2/s//key: rootseal-log/
