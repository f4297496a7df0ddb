s/^authority:.*/&\nauthority: other/
