"""Syncing: one running sync per user, three datasets side by side, checkpoints and progress."""
