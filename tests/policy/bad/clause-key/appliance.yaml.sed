0,/    clause: "GM/s//    clause: "" #/
