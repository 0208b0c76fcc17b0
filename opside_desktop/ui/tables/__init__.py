"""The table of the window: one component for claims, inventory and orders."""
