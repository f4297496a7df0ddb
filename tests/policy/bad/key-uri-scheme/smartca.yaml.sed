s/uri: "pkcs11:/uri: "pkcs12:/
