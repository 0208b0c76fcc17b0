"""The life of the window: starting, what it works with, what runs in it, and closing."""
