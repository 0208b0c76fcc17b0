"""Stored rows: windows by position for tables, pages for lists, all of one row for details."""
