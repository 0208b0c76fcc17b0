"""Syncs in the database: their life, their timeline, and news of their changes."""
