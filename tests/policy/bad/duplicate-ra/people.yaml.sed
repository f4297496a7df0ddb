s/id: guangzhou, /id: nanjing, /
