"""The pages of the window, loaded only after the program is open."""
