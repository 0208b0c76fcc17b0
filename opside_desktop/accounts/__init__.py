"""Seller accounts: their connections, secrets, sessions with Amazon, and the sample seller."""
