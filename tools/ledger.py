"""The ledger that a command names: a SQLite file that is there, or a PostgreSQL database."""
from pathlib import Path

from host_sim.acquirer import postgres, schema
from host_sim.office.store import Store


class NoLedger(Exception):
    """There is no such file; opening it would make one."""


def open_ledger(named):
    """Its Store. Raises NoLedger, witness.PutBack, SQLAlchemyError."""
    must_be_there(named)
    return Store(schema.open_engine(named))


def must_be_there(named):
    """Raises NoLedger. Whether there is such a database is seen when it is opened."""
    if not postgres.is_url(named) and not Path(named).is_file():
        raise NoLedger(f"no ledger {named}")
