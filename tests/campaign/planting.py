"""How a bug is planted: attributes and table rows of the sound code changed, and all put back.

Whatever is changed is found at the moment of the call (a module's function, a method, a row of a
table), so it holds although every module of the firmware stays loaded.
"""

from collections.abc import Callable
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from host_sim.acquirer import samples
from tools.campaign import shopfront


class Patch:
    """What was changed, to be undone from the last to the first."""

    def __init__(self):
        self._undo = []

    def set(self, owner: Any, name: str, value: Any) -> None:
        """Put `value` in the place of an attribute."""
        self._undo.append((setattr, owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def around(self, owner: Any, name: str, make: Callable) -> None:
        """Put `make(what stands there)` in its place."""
        self.set(owner, name, make(getattr(owner, name)))

    def row(self, table: dict, key: Any, value: Any) -> None:
        """Put `value` in the place of a row of a table."""
        self._undo.append((dict.__setitem__, table, key, table[key]))
        table[key] = value

    def without(self, table: Any, *columns: str) -> None:
        """Take a unique constraint off a table of the ledger."""
        found = next(one for one in table.constraints
                     if [column.name for column in getattr(one, "columns", ())] == list(columns))
        table.constraints.remove(found)
        self._undo.append((lambda table, _, found: table.constraints.add(found), table, "", found))

    def without_trigger(self, name: str) -> None:
        """Take a trigger off the ledger that a run begins with."""

        def load(sound, connection, *given):
            sound(connection, *given)
            connection.exec_driver_sql(f"drop trigger {name}")

        self.around(samples, "load", lambda sound: lambda *given: load(sound, *given))

    def undo(self) -> None:
        while self._undo:
            put, owner, name, value = self._undo.pop()
            put(owner, name, value)


def commit_early(connection: Any) -> None:
    """Commit what a crashing connection has in hand, and begin anew behind a place to crash at."""
    driver = connection.connection.driver
    driver.execute("commit")
    connection._points.passed()
    driver.execute("begin immediate")


@contextmanager
def planted(plant: str):
    """For as long as it lasts the bug is there, on a shop front of its own. `plant`:
    "in_host.any_mac", a function beside this file."""
    module, name = plant.split(".")
    patch = Patch()
    try:
        getattr(import_module(f"{__package__}.{module}"), name)(patch)
        forget()
        yield
    finally:
        patch.undo()
        forget()


def forget() -> None:
    """The images that seeds begin with are made again, by the code as it is now."""
    for made in (shopfront._engine, shopfront._ledger_image, shopfront._factory_flash,
                 shopfront._used_flash):
        made.cache_clear()
