"""How Alembic reaches the database: by the connection and transaction it is given."""

from alembic import context

from saphena.records.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
