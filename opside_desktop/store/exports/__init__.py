"""Stored rows as files: CSV, Excel workbooks and JSON Lines, a batch of rows at a time."""
