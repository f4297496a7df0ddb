0,/nonRepudiation], clause: .*}/s//nonRepudiation], clause: ""}/
