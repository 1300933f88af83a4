"""Alembic's entry point; uses the connection that adapter.store passes."""

from alembic import context

from adapter.store.indexes import SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SCHEMA,
    transactional_ddl=False,
)
context.run_migrations()
