s/code: privilegeWithdrawn/code: certificateHold/
