"""The conditions of a table: the bar, its chips, menus and editors, and the query they make."""
