s/pair: person$/pair: persons/
