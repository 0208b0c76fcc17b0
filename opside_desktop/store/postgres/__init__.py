"""A PostgreSQL server behind `Database`: connections, rights, bulk, notifications."""
