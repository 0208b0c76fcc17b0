"""A PostgreSQL server behind `Database`: connections, rights, news, and its words of refusal."""
