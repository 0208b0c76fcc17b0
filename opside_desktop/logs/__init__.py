"""The log: one file of bounded size that never holds a secret, and what is written to it."""
