"""Alembic's way into a ledger: every revision that is missing in one transaction, or none.

The triggers are taken down first and put up as today's program has them: no revision has to mind
them, and a table that a revision makes anew on SQLite has them again.
"""

from alembic import context

from host_sim.acquirer import schema, versions
from host_sim.office import store

connection = context.config.attributes.get("connection")
if connection is None:
    named = context.get_x_argument(as_dictionary=True).get("ledger")
    if named is None:
        raise SystemExit("say which ledger: alembic -x ledger=FILE_OR_URL ...")
    engine = schema.engine_of(named)
else:
    engine = connection.engine


def migrate(using):
    context.configure(connection=using, target_metadata=schema.metadata)
    versions.take_triggers_down(using)
    with context.begin_transaction():
        context.run_migrations()
    store.put_triggers_up(using)


if connection is None:
    with engine.begin() as own:
        migrate(own)
else:
    migrate(connection)
