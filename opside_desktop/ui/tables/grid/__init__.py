"""The grid of a table: its view, header, columns, and how cells are painted."""
