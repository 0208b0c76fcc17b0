"""Syncs in the database: their life and their timeline."""
