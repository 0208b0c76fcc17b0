"""The life of the window: starting, filling it, what runs in it, and closing."""
