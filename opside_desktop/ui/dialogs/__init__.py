"""Dialogs: opened, never executed, because a nested loop would break running tasks."""
