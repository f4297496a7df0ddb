s/name: organisation-sign/name: person-sign # again/
