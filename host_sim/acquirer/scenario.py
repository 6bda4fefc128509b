"""A scenario: a TOML file that says what the acquirer's day is like. FORMS is the whole language.

A file is taken whole or refused, with the place and what is expected there: an unknown key is an
error, for it would be a rule that silently does not hold.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host_sim.acquirer import faults, risk, samples
from host_sim.acquirer.money import fen
from host_sim.acquirer.scenario_values import (
    NEEDED,
    Span,
    activation_code,
    clock,
    code,
    digits,
    key_block,
    limits,
    listed,
    name,
    one_of,
    order_number,
    span,
    text,
    truth,
    whole,
)
from host_sim.acquirer.terms import REFUND_WINDOW_DAYS, Coded, Terms
from protocol.activation import unwrapped
from protocol.errors import WireFault
from protocol.mac import KEY_SIZES
from protocol.reference.ciphers import Ciphers

SHIPPED = Path(__file__).parent / "scenarios"
EACH = "each"  # an order of this terminal: one at every terminal
MOST_TERMINALS = 10_000

_MONEY = text(fen, "an amount in yuan like 128.00")
_TERMINAL = digits(8)
_MERCHANT = digits(15)
_KINDS = listed(one_of("refund", "void", "sale"))

# table: {key: (reader, default)}. A table in LISTS is written [[so]] and may come again and again.
FORMS: dict[str, dict[str, tuple[Any, Any]]] = {
    "": {"about": (text(str), NEEDED), "samples": (truth, False)},
    "rules": {"window_days": (whole(0, 3650), REFUND_WINDOW_DAYS), "limit": (_MONEY, 0)},
    "reviewers": {"after_s": (span, NEEDED), "approve_percent": (whole(0, 100), 100),
                  "note": (text(str), "")},
    "cards": {"*": (digits(13, 19), NEEDED)},
    "merchant": {"number": (_MERCHANT, NEEDED), "name": (text(str), NEEDED),
                 "balance": (_MONEY, 0), "test_amounts": (truth, False),
                 "risk": (limits, risk.OFF)},
    "terminal": {"number": (_TERMINAL, NEEDED), "merchant": (_MERCHANT, NEEDED),
                 "mac": (one_of(*KEY_SIZES), "unionpay-ecb"),
                 "count": (whole(1, MOST_TERMINALS), 1)},
    "order": {"number": (order_number, NEEDED), "days_ago": (whole(0, 3650), 0),
              "terminal": (text(str), NEEDED), "card": (name, None), "wallet": (name, None),
              "amount": (_MONEY, NEEDED), "quantity": (whole(1, 9999), 1),
              "product": (text(str), NEEDED), "refunded": (_MONEY, 0),
              "became": (one_of("void", "hold"), None)},
    "activation": {"code": (activation_code, NEEDED), "terminal": (_TERMINAL, NEEDED)},
    "key": {"terminal": (_TERMINAL, NEEDED), "block": (key_block, NEEDED)},
    "code": {"answer": (code, NEEDED), "to": (_KINDS, ("refund",)), "amount": (_MONEY, None),
             "from_amount": (_MONEY, None), "cents": (whole(0, 99), None),
             "order": (order_number, None), "terminal": (_TERMINAL, None),
             "merchant": (_MERCHANT, None), "first_tries": (whole(1, 99), None),
             "at_try": (whole(1, 99), None), "hours": (clock, None)},
    "fault": {"kind": (one_of(*(kind.replace(" ", "-") for kind in faults.KINDS
                              if kind != faults.REFUSE)), NEEDED),
              "mti": (one_of(*faults.MTIS), faults.ANY),
              "times": (whole(1, 1_000_000), None), "percent": (whole(1, 100), 100),
              "delay_ms": (span, Span(0, 0)), "point": (whole(0, 99), 0),
              "down_s": (whole(0, 3600), 10), "hours": (clock, None)},
}  # fmt: skip
LISTS = ("merchant", "terminal", "order", "activation", "key", "code", "fault")


class ScenarioError(Exception):
    """A scenario that cannot be used; its text: `file: place: what is wrong, what is expected`."""


@dataclass(frozen=True)
class Row:
    """One table of a file, read: its values by their keys."""

    where: str
    values: dict

    def __getattr__(self, key):
        try:
            return self.values[key]
        except KeyError:
            raise AttributeError(key) from None


@dataclass(frozen=True)
class Scenario:
    """`merchants`, `terminals`, `orders` and `limits` are rows as samples has them; `faults` go to
    Faults.script, `terms` to the Acquirer; `reviewers` None: nobody decides. `written`: the file's
    text. `master_keys`: {number of a terminal: TMK} of its key blocks; the others' are made by the
    samples' rule."""

    name: str
    about: str
    merchants: tuple
    terminals: tuple
    orders: tuple
    limits: dict
    terms: Terms
    faults: tuple
    reviewers: Row | None
    activations: tuple
    written: str
    master_keys: dict = field(default_factory=dict, repr=False)

    @property
    def secrets(self):
        usual = samples.secrets(self.terminals)
        return usual._replace(tmk_of=lambda at: self.master_keys.get(at) or usual.tmk_of(at))

    def load(self, connection, today) -> None:
        """Fill an empty ledger with it."""
        samples.load(
            connection, today, self.orders, self.merchants, self.terminals, self.limits,
            tuple((code, terminal, 0) for code, terminal in self.activations),
        )


def shipped() -> list[str]:
    """The names of the scenarios that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def find(named: str) -> Path:
    """The file of a shipped scenario's name, or the file itself."""
    own = SHIPPED / f"{named}.toml"
    return own if named in shipped() else Path(named)


def read(named: str, transport: bytes | None = None) -> Scenario:
    """The scenario of a shipped name or in a file. `transport`: the 16 bytes that its key blocks
    open under. Raises ScenarioError."""
    path = find(named)
    try:
        written = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        told = reason.strerror if isinstance(reason, OSError) else reason
        known = f"; shipped are {', '.join(shipped())}" if isinstance(reason, OSError) else ""
        raise ScenarioError(f"{named}: {told}{known}") from None
    return parse(path.stem, written, str(path), transport)


def parse(name: str, written: str, where: str, transport: bytes | None = None) -> Scenario:
    """The scenario of a file's text. Raises ScenarioError, which says `where` it stood."""
    try:
        return _scenario(name, _tables(tomllib.loads(written)), written, transport)
    except ValueError as reason:  # TOMLDecodeError is one
        raise ScenarioError(f"{where}: {reason}") from None


def _tables(written) -> dict:
    """{table: Row, or [Row] for those in LISTS}. ValueError."""
    tables: dict[str, Any] = {one: [] for one in LISTS}
    top = {key: value for key, value in written.items() if key not in FORMS or key == ""}
    tables[""] = _row("at its top", top, FORMS[""])
    for table, value in written.items():
        if table in LISTS:
            if not isinstance(value, list):
                raise ValueError(f"{table}: is written [[{table}]]")
            tables[table] = [_row(f"{table} {at}", one, FORMS[table])
                             for at, one in enumerate(value, 1)]
        elif table in FORMS:
            tables[table] = _row(table, value, FORMS[table])
    return tables


def _row(where, written, form) -> Row:
    if not isinstance(written, dict):
        raise ValueError(f"{where}: is no table")
    values = {} if "*" in form else {key: default for key, (_, default) in form.items()}
    for key, value in written.items():
        if key not in form and "*" not in form:
            raise ValueError(f"{where}: unknown key {key!r}; there are {', '.join(form)}")
        try:
            values[key] = form.get(key, form.get("*"))[0](value)
        except ValueError as reason:
            raise ValueError(f"{where}, {key}: {reason}") from None
    for key, value in values.items():
        if value is NEEDED:
            raise ValueError(f"{where}: {key} is missing")
    return Row(where, values)


def _scenario(own_name, tables, written, transport) -> Scenario:
    top = tables[""]
    base = samples if top.samples else None
    merchants = tuple(base.MERCHANTS if base else ()) + tuple(
        (one.number, one.name, one.test_amounts, one.balance) for one in tables["merchant"])
    limits = dict(base.RISK if base else {}) | {
        one.number: one.risk for one in tables["merchant"]}
    terminals = tuple(base.TERMINALS if base else ()) + tuple(
        (f"{int(one.number) + at:08d}", one.merchant, one.mac)
        for one in tables["terminal"] for at in range(one.count))
    cards = tables["cards"].values if "cards" in tables else {}
    numbers = [row[0] for row in terminals]
    orders = tuple(base.ORDERS if base else ()) + tuple(
        order for row in tables["order"] for order in _orders(row, cards, numbers))
    _unique("merchant", [row[0] for row in merchants])
    _unique("terminal", numbers)
    _unique("order", [row[0] for row in orders])
    _unique("key of terminal", [one.terminal for one in tables["key"]])
    _known(tables["terminal"], "merchant", [row[0] for row in merchants])
    for table in ("activation", "key", "code"):
        _known(tables[table], "terminal", numbers)
    if not terminals:
        raise ValueError("there is no terminal: samples = true, or [[terminal]]")
    said = tables.get("rules") or _row("rules", {}, FORMS["rules"])
    terms = Terms(said.window_days, said.limit, tuple(map(_coded, tables["code"])))
    return Scenario(own_name, top.about, merchants, terminals, orders, limits, terms,
                    tuple(map(_fault, tables["fault"])), tables.get("reviewers"),
                    (tuple(row[:2] for row in base.ACTIVATIONS if not row[2]) if base else ())
                    + tuple((one.code, one.terminal) for one in tables["activation"]),
                    written, {one.terminal: _master_key(one, transport) for one in tables["key"]})


def _orders(row, cards, terminals):
    if (row.card is None) == (row.wallet is None):
        raise ValueError(f"{row.where}: card or wallet, one of them")
    if row.card is not None and row.card not in cards:
        raise ValueError(f"{row.where}, card: {row.card!r} is not in [cards]")
    if row.terminal != EACH and row.terminal not in terminals:
        raise ValueError(f"{row.where}, terminal: {row.terminal!r} is no terminal of this file")
    if row.refunded > row.amount or (row.refunded and row.became) or not row.amount:
        raise ValueError(f"{row.where}: refunded is a part of amount, and goes without became")
    paid = cards[row.card] if row.card else f"wallet:{row.wallet}"
    became = row.became or row.refunded or None
    for at in terminals if row.terminal == EACH else [row.terminal]:
        number = row.number + (at[-4:] if row.terminal == EACH else "")
        yield (number, row.days_ago, at, paid, row.amount, row.quantity, row.product, became)


def _master_key(row, transport):
    if transport is None:
        raise ValueError(f"{row.where}: its block opens under a transport key, and none is given")
    try:
        return unwrapped(row.block, transport, Ciphers())
    except WireFault:
        raise ValueError(f"{row.where}, block: no TMK under this transport key") from None


def _coded(row) -> Coded:
    return Coded(**row.values)


def _fault(row) -> faults.Scripted:
    return faults.Scripted(**row.values | {"kind": row.kind.replace("-", " ")})


def _unique(what, numbers):
    if len(set(numbers)) != len(numbers):
        twice = next(one for one in numbers if numbers.count(one) > 1)
        raise ValueError(f"{what} {twice} comes twice")


def _known(rows, key, there):
    for row in rows:
        if row.values[key] is not None and row.values[key] not in there:
            raise ValueError(f"{row.where}, {key}: {row.values[key]!r} is no {key} of this file")


