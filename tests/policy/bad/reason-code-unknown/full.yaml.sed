s/code: privilegeWithdrawn/code: notPaid/
