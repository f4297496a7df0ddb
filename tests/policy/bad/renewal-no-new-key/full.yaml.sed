s/new-key: true, //
