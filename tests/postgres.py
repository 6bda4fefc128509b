"""A real PostgreSQL server for the tests that need one, and a new database for each of them.

Use it by `pytest_plugins` or by importing its fixtures. Where PostgreSQL is missing the tests are
skipped, which the CI counts as failed.
"""

from itertools import count

import pytest
from sqlalchemy import create_engine, make_url

from host_sim.acquirer import samples, schema
from host_sim.office.store import prepare
from tests.host_sim.acquirer.till import TODAY
from tools.postgres import Missing, server


class Server:
    """`base`: the URL of its own database."""

    def __init__(self, base):
        self.base = make_url(base).set(drivername="postgresql+pg8000")
        self._admin = create_engine(self.base, isolation_level="AUTOCOMMIT")
        self._numbers = count(1)
        self._made = set()

    def new(self, template="template0"):
        """The URL of a new database."""
        name = f"t{next(self._numbers)}"
        with self._admin.connect() as connection:
            connection.exec_driver_sql(f"create database {name} template {template}")
        return self.url(name)

    def drop(self, address):
        """A database goes, whoever is still connected."""
        with self._admin.connect() as connection:
            name = make_url(address).database
            connection.exec_driver_sql(f"drop database {name} with (force)")

    def url(self, name):
        return self.base.set(database=name).render_as_string(False)

    def samples(self, office):
        """A new database with the samples; `office`: and the back office's tables."""
        name = f"samples_{'office' if office else 'ledger'}"
        if name not in self._made:
            self._made.add(name)
            with self._admin.connect() as connection:
                connection.exec_driver_sql(f"create database {name} template template0")
            engine = schema.open_engine(self.url(name))
            with engine.begin() as connection:
                samples.load(connection, TODAY)
            if office:
                prepare(engine)
            engine.dispose()
        return self.new(name)


@pytest.fixture(scope="session")
def postgres():
    try:
        with server(durable=False) as base:
            yield Server(base)
    except Missing as reason:
        pytest.skip(str(reason))
