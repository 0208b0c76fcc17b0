"""Saved views of a table, and its query as JSON."""
