"""The side panel of a table: everything about one row."""
