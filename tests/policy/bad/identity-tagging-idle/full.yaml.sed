/resident-id\|military-id\|passport/d
