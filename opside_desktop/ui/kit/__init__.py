"""What every part of the window is made of: colours, icons, words, small widgets, tasks."""
