s/name: dissolved/name: "dis solved"/
