"""Alembic's migrations. They only add; each writes out its own tables, so that it never changes."""
