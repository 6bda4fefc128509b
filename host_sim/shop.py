"""A shop ready to open: the sample acquirer, and a terminal fresh from the factory at its line.

The only place where both ends are put together; everything after that goes over the line.
"""

from datetime import datetime
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import Engine

from host_sim.acquirer import samples, schema
from host_sim.acquirer.faults import Faults
from host_sim.acquirer.link import LinkServer
from host_sim.acquirer.server import Acquirer
from host_sim.world import START, World

# Operator numbers and passwords of the sample terminals; 00 is the supervisor.
PASSWORDS = {"00": "123456", "01": "0000", "02": "0000"}


class Shop(NamedTuple):
    """`world` has the terminal, switched off. `faults` are the acquirer's, `engine` its ledger."""

    world: World
    acquirer: Acquirer
    faults: Faults
    engine: Engine


def open_shop(
    seed: int = 0,
    start: datetime = START,
    language: str = "zh",
    terminal: str = samples.TERMINAL,
    ledger: str | None = None,
    world: type[World] = World,
) -> Shop:
    """`terminal`: one of samples.TERMINALS. `ledger`: path of a SQLite file that does not exist
    yet; memory without one. `world`: World, or realtime.RealTimeWorld."""
    engine = schema.open_engine(ledger)
    with engine.begin() as connection:
        samples.load(connection, start.date())
    faults = Faults()
    acquirer = Acquirer(engine, Random(f"{seed} acquirer"), faults)

    def prepare(board: Any) -> None:
        make_terminal(board, terminal, language)

    made = world(LinkServer(acquirer), seed=seed, start=start, prepare=prepare)
    return Shop(made, acquirer, faults, engine)


def make_terminal(board: Any, terminal: str, language: str) -> None:
    """The factory: master key, numbers, operators onto a blank board."""
    from firmware import operators, params
    from firmware.storage import Storage

    merchant, mac = next(row[1:] for row in samples.TERMINALS if row[0] == terminal)
    key = samples.tmk(terminal)
    assert key is not None
    board.store_tmk(key)
    storage = Storage(board.data_flash())
    values = {"terminal": terminal, "merchant": merchant, "mac": mac, "language": language}
    params.factory(storage, values)
    operators.factory(storage, PASSWORDS, terminal)
