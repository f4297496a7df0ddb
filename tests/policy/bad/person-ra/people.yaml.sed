s/ra: guangzhou, role: entry/ra: elsewhere, role: entry/
