$a ---\
authority: again
