$a colour: red
