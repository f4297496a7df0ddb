/^ocsp:/d
