"""The program over HTTP, for other programs: the same syncs and rows as in the window."""
