s/token=rootseal;/token=other;/
