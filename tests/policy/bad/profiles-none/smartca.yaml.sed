/^profiles:/,${s/^profiles:.*/profiles: []/;t;d}
