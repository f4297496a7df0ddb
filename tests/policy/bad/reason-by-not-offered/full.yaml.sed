/revoke, by: ceased/d
