/name: full-sub/,/Sub,/ { s/subject:/& # its own/; s/value: Sub,/value: Root,/ }
