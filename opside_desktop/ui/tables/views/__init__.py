"""Saved views of a table: kept as JSON, named, and chosen from a menu."""
