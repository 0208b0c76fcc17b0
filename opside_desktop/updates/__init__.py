"""Looking for a newer version: one request for a small signed file, and nothing installed."""
