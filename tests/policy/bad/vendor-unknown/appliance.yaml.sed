s/^sm2-vendor:.*/sm2-vendor: acme/
