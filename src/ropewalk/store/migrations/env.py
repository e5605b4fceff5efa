"""Alembic's entry: the connection comes from `store.migrate`, which also owns the transaction."""

from alembic import context

from ropewalk.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
