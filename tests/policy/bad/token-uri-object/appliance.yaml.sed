s/^token:.*/token: "pkcs11:token=rootseal;object=x"/
