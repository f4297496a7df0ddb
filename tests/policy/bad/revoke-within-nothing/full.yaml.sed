/op: revoke/d; /op: seal-revoke/d; /^reasons:/,/name: fee/d
