"""The rows of a table by position, chosen rows, and rows on the clipboard."""
