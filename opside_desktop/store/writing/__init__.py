"""Writing a sync's pages: rows, resume state and counts in one transaction."""
