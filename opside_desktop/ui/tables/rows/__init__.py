"""The rows of a table: which ones, by position, their values in words, chosen and copied ones."""
