s/  hash: sm3/  hash: md5/
