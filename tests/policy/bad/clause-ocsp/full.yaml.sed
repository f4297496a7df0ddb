s/clause: "ocsp rule"/clause: ""/
