"""Run by Alembic: migrates over the connection that `opside_desktop.store.upgrade` hands in.

Without one it writes PostgreSQL's statements into the buffer handed in.
"""

from alembic import context

if context.is_offline_mode():
    context.configure(dialect_name="postgresql")
else:
    # The caller has begun a transaction and holds the lock, so all of it is kept or nothing.
    context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
