s/new-key: true/new-key: yes/
