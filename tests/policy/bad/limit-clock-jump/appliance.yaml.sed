s/clock-jump: .*/clock-jump: soon/
