s|url: "http://crl|url: "ldap://crl|
