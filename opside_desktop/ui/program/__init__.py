"""The open program as the window's parts work with it: its syncs, its server, its updates."""
