"""The Settings dialog, one section in each file."""
