"""Run by Alembic: migrates over the connection that `opside_desktop.store.upgrade` hands in."""

from alembic import context

connection = context.config.attributes["connection"]
# The caller has begun a transaction and holds the lock, so all of it is kept or nothing.
context.configure(connection=connection, transactional_ddl=True)
context.run_migrations()
