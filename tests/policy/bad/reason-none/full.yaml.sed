/^reasons:/,/name: fee/d
