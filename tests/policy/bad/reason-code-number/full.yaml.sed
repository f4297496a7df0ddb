s/code: privilegeWithdrawn/code: 9/
