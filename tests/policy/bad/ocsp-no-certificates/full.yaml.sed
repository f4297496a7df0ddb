/op: [a-z]/{/op: seal-/!d}
/^reasons:/,/name: other, code: unspecified, clause: "r 2"/{/^reasons/!d}
/by: ceased, name/d
s/new-key: true, //
s/, key-clause: "new key rule"//
/^profiles:/,$c\profiles: []
