"""An SQLite file behind `Database`."""
