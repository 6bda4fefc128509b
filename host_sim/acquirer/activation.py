"""Activation of blank terminals: codes that the staff gave out, each good for one device, one day.

A code that was guessed at too often is dead. Its secret leaves the database when the code is asked
for after its terminal has proved that it holds its keys, or by a second device that knows it.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from host_sim.acquirer import ledger
from host_sim.acquirer.schema import activation, key_set
from protocol import tlv
from protocol.activation import NAME_DIGITS, keys, well_formed
from protocol.keys import kcv
from protocol.mac import equal

HOURS = 24
TRIES = 5
# F39 of what is refused.
UNKNOWN, WRONG, EXPIRED, LOCKED, USED = "25", "55", "54", "75", "94"


def enter(connection: Connection, code: str, terminal_id: str, now: datetime) -> None:
    """A code of 16 digits for a terminal of the ledger, good from `now` on. ValueError for one that
    is not well formed or whose first four digits another has."""
    if not well_formed(code):
        raise ValueError("an activation code has 16 digits, the last one the check digit")
    if _found(connection, code[:NAME_DIGITS]) is not None:
        raise ValueError(f"another activation code begins with {code[:NAME_DIGITS]}")
    connection.execute(
        insert(activation).values(
            name=code[:NAME_DIGITS], code=code, terminal_id=terminal_id, entered_at=now
        )
    )


def end(connection: Connection, name: str) -> None:
    """The code that begins so is good for nobody any more."""
    _change(connection, name, code="")


def check_digit(digits: str) -> str:
    """The 16th digit behind 15."""
    return next(last for last in "0123456789" if well_formed(digits + last))


def answer(connection: Connection, keyring, tags: dict, now: datetime):
    """(F39, terminal's row or None, F62) for the tags of a request. The same device may ask again
    until a request of its has verified under keys of its own."""
    row = _found(connection, tags["DF1A"])
    if row is None:
        return UNKNOWN, None, b""
    enrolled = ledger.find_terminal(connection, row.terminal_id)[0]
    code = _refused(row, enrolled, tags, now)
    if code is None:
        key, proof = keys(row.code, tags["DF16"])
        if equal(proof, tags["DF17"]):
            _bind(connection, row, enrolled, tags["DF16"])
            return "00", enrolled, _brought(keyring, enrolled, key)
        _change(connection, row.name, tries=row.tries + 1)
        code = WRONG if row.tries + 1 < TRIES else LOCKED
    if row.code and (code in (LOCKED, EXPIRED) or code == USED and _over(row, enrolled, tags)):
        _change(connection, row.name, code="")
    ledger.note(connection, now, row.terminal_id, "activation refused", f"code {row.name} {code}")
    return code, None, b""


def _refused(row, enrolled, tags, now):
    if row.nonce and (row.nonce != tags["DF16"] or enrolled.proved_set > row.proved_before):
        return USED
    if row.tries >= TRIES:
        return LOCKED
    if now - row.entered_at >= timedelta(hours=HOURS) or not row.code:
        return EXPIRED
    return None


def _over(row, enrolled, tags):
    """Whether a used code's secret may go: its device needs it no more, or another one knows it. A
    stranger who does not know it takes it from nobody."""
    return enrolled.proved_set > row.proved_before or equal(
        keys(row.code, tags["DF16"])[1], tags["DF17"]
    )


def _bind(connection, row, enrolled, nonce):
    """To the first device that knew the code. What an earlier device proved counts no more."""
    if not row.nonce:
        newest = max((r for r in _sets(connection, row.terminal_id)), default=0)
        before = max(newest, enrolled.proved_set)
        _change(connection, row.name, nonce=nonce, proved_before=before)


def _brought(keyring, enrolled, key):
    tmk, block = keyring.key_block(enrolled.terminal_id, key)
    return tlv.pack(
        [
            ("DF11", enrolled.name),
            ("DF15", block),
            ("DF18", kcv(tmk, keyring.ciphers)),
            ("DF19", enrolled.mac),
        ]
    )


def _found(connection, name):
    return connection.execute(select(activation).where(activation.c.name == name)).one_or_none()


def _sets(connection, terminal_id):
    found = select(key_set.c.number).where(key_set.c.terminal_id == terminal_id)
    return connection.execute(found).scalars()


def _change(connection, name, **values):
    connection.execute(update(activation).where(activation.c.name == name).values(**values))

