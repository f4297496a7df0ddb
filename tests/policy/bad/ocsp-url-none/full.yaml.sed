/^      ocsp:/d
