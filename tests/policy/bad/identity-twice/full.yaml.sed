0,/field: organization-code, check/s//field: registration, check/
