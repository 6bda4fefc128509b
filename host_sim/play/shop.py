"""The sample shop: a terminal from the factory, its acquirer with sample orders, and the line.

What demo, press and tests play on. Ledger questions here read the database only, never what a
rule or the terminal believes.
"""
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sqlalchemy import case, func, select

from host_sim.acquirer import ledger, reprints, samples, schema
from host_sim.acquirer.host import Host, open_scenario
from host_sim.acquirer.link import LinkServer
from host_sim.acquirer.scenario import parse
from host_sim.world import START, World

# Operator number -> password, as the maker sets them; 00 is the supervisor.
PASSWORDS = {"00": "123456", "01": "0000"}


class Shop(NamedTuple):
    """`world` is the terminal and its line, `acquirer` the host, `engine` its database."""
    world: World
    acquirer: Host
    engine: object
    merchant: str
    mac: str
    folder: TemporaryDirectory | None  # where the ledger's file is, if it goes with the Shop
    terminal: str


class Books(NamedTuple):
    """An acquirer and its ledger, before there is a terminal. `terminals`: number -> (merchant,
    MAC); `secrets`: the host's keys."""
    acquirer: Host
    engine: object
    terminals: dict
    secrets: object
    folder: TemporaryDirectory | None


def open_books(seed=0, start=START, ledger_file=None, engine=None, scenario=None, again=False):
    """The acquirer of the samples, or of a scenario -> Books. `ledger_file`: where the SQLite file
    is to be made and kept; None for one that goes with the Books. `engine`: one in memory
    (schema.open_engine()) that is put back to the samples and holds the ledger instead, for many
    runs, one after the other. `again`: go on with a file that is there; without it, it raises
    FileExistsError.
    """
    folder = None
    if engine is not None:
        schema.restore(engine, sample_ledger(start.date()))
    else:
        if ledger_file is None:
            folder = TemporaryDirectory(prefix="tuidan-")
            ledger_file = Path(folder.name, "ledger.db")
        path = Path(ledger_file)
        if path.exists() and not again:
            raise FileExistsError(f"{path} is there already; a run begins with a new ledger")
        if scenario is None and not path.exists():
            path.write_bytes(sample_ledger(start.date()))
        engine = schema.open_engine(str(path))
    rows = scenario.terminals if scenario else samples.TERMINALS
    terminals = {number: (merchant, mac) for number, merchant, mac in rows}
    if scenario is None:
        rng = Random(f"{seed} acquirer")
        acquirer = Host(engine, _of_the_samples(), f"{seed} acquirer", rng)
        return Books(acquirer, engine, terminals, samples.SECRETS, folder)
    open_scenario(engine, scenario, start.date())
    return Books(Host(engine, scenario, f"{seed} acquirer"), engine, terminals,
                 scenario.secrets, folder)


@cache
def _of_the_samples():
    return parse("samples", 'about = "the samples"\nsamples = true\n', "the samples")


def factory(terminal, merchant, mac, secrets, language="zh", blank=False):
    """What the maker does to a new terminal -> a World's `prepare`. `blank`: it knows nothing yet,
    it is to be activated."""
    def prepare(board):
        from firmware import factory as maker
        from firmware.storage import Storage

        storage = Storage(board.data_flash())
        if blank:
            maker.write_params(storage, {"language": language})
            return
        maker.write_params(storage, {
            "terminal": terminal, "merchant": merchant, "mac": mac, "language": language})
        maker.write_operators(storage, PASSWORDS, terminal)
        board.store_tmk(secrets.tmk_of(terminal))

    return prepare


def place(books, terminal, language="zh", seed=0, start=START, world=World, blank=False):
    """A new terminal of these Books, its power still off -> its World. `world` is World or a class
    with its arguments; `blank` as factory has it."""
    merchant, mac = books.terminals[terminal]
    prepare = factory(terminal, merchant, mac, books.secrets, language, blank)
    return world(LinkServer(books.acquirer), seed=seed, start=start, prepare=prepare)


def open_shop(terminal=None, language="zh", seed=0, start=START, world=World, ledger_file=None,
              engine=None, scenario=None, blank=False):
    """A Shop on one of the sample terminals, its power still off.

    `terminal` None is the test shop's till, or the scenario's first. The others as open_books and
    place have them. ValueError for a terminal that is none of theirs.
    """
    rows = scenario.terminals if scenario else samples.TERMINALS
    there = [row[0] for row in rows]
    terminal = terminal or (samples.TERMINAL if samples.TERMINAL in there else there[0])
    if terminal not in there:
        raise ValueError(f"no sample terminal {terminal}; there are {', '.join(there)}")
    books = open_books(seed, start, ledger_file, engine, scenario)
    made = place(books, terminal, language, seed, start, world, blank)
    merchant, mac = books.terminals[terminal]
    return Shop(made, books.acquirer, books.engine, merchant, mac, books.folder, terminal)


@cache
def sample_ledger(today):
    """The SQLite file of a ledger with the samples as of `today`; making it anew takes longer than
    a refund."""
    engine = schema.open_engine()
    with engine.begin() as connection:
        samples.load(connection, today)
    return schema.image(engine)


def given_back_fen(shop, order_no):
    """What of an order went back to the customer (refunds and voids, net of what was undone).

    None if the shop's merchant has no such order.
    """
    with shop.engine.connect() as connection:
        order = ledger.find_order(connection, order_no, shop.merchant)
    return None if order is None else order.refunded_fen + order.voided_fen


def reprint(shop, order_no):
    """Have the voucher of an order's last refund printed again at the Shop's terminal, as the back
    office does it; its number there, None where no refund of it stands."""
    last = select(func.max(_txn.c.id)).where(
        _txn.c.order_no == order_no, _txn.c.kind == "refund", _txn.c.state == schema.APPROVED)
    with shop.engine.begin() as connection:
        number = connection.execute(last).scalar_one()
        return number and reprints.send(connection, number, shop.terminal, "office",
                                        shop.world.now())


_posting, _txn = schema.posting, schema.txn
_SUMS = [select(func.coalesce(func.sum(_posting.c.amount_fen), 0))
         .where(schema.account.c.name == side) for side in (_posting.c.credit, _posting.c.debit)]
_net = func.sum(_posting.c.amount_fen * case((_posting.c.kind == "undo", -1), else_=1))
_moved = select(_posting.c.txn_id, _net.label("fen")).group_by(_posting.c.txn_id).subquery()
_MOVED = (select(_txn, func.coalesce(_moved.c.fen, 0).label("moved"))
          .outerjoin(_moved, _moved.c.txn_id == _txn.c.id))
_SOLD = select(schema.order)


def wrong_in_ledger(shop):
    """What does not add up in a Shop's books, as books_wrong has it."""
    return books_wrong(shop.engine)


def books_wrong(engine):
    """What does not add up in the books, in words; an empty list if everything does.

    Accounts sum to zero, no order gave back more than it took, and every transaction has moved
    exactly what its state says.
    """
    with engine.connect() as connection:
        gained, lost = (connection.execute(one).scalar_one() for one in _SUMS)
        rows = connection.execute(_MOVED).all()
        sold = connection.execute(_SOLD).all()
    wrong = [] if gained == lost else [f"accounts sum to {gained - lost} fen"]
    for row in rows:
        due = row.amount_fen if row.state == schema.APPROVED else 0
        if row.moved != due:
            wrong.append(f"{row.kind} with STAN {row.stan} moved {row.moved} fen instead of {due}")
    given = Counter()
    for row in rows:
        if row.kind != "sale":
            given[row.order_no] += row.moved
    for row in sold:
        back = given[row.order_no]
        if back > row.amount_fen:
            wrong.append(f"order {row.order_no} gave back {back} fen of {row.amount_fen}")
    return wrong
