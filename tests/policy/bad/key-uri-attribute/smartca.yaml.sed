s/object=smartca-root-sm2/&;slot-id=1/
