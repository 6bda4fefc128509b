"""A terminal's papers: the shop applies, staff verify and number it, it is dispatched, the device
activates itself with the code that came with it.

Verified by somebody else than the applicant. The code is told once, when it is made.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, case, func, insert, select, update

from host_sim.acquirer import activation
from host_sim.acquirer import schema as books
from host_sim.office import audit, masking
from host_sim.office.people import Actor
from host_sim.office.refusals import Refused
from host_sim.office.schema import BACK_OFFICE, added
from host_sim.office.schema_more import device

FIRST, LAST = "20000001", "20999999"  # terminal numbers that the back office gives out
MACS = ("unionpay-ecb", "x9.19", "aes-cmac", "sm4")

_activated = (device.c.state == "dispatched") & (books.terminal.c.proved_set > 0)
_PAPERS = select(
    *(column for column in device.c if column.name != "state"),
    case((_activated, "activated"), else_=device.c.state).label("state"),
).outerjoin_from(device, books.terminal, device.c.terminal_id == books.terminal.c.terminal_id)


def apply(
    connection: Connection, actor: Actor, merchant_id: str, address: str, contact: str,
    now: datetime, mac: str = "unionpay-ecb", key: str | None = None,
) -> int:  # fmt: skip
    """Ask for one more terminal for a merchant -> the number of its papers."""
    actor.must_be_allowed("apply for a terminal")
    known = select(books.merchant.c.merchant_id).where(books.merchant.c.merchant_id == merchant_id)
    if connection.execute(known).one_or_none() is None or actor.merchant_id not in (
        None, merchant_id,
    ):  # fmt: skip
        raise Refused("NOT_FOUND", "merchant")
    for name, text, most in (("address", address, 120), ("contact", contact, 60)):
        if not 1 <= len(text.strip()) <= most:
            raise Refused("WRONG_VALUE", name)
    if mac not in MACS:
        raise Refused("WRONG_VALUE", "mac")
    there = connection.execute(select(device.c.id).where(device.c.key == key)).scalar_one_or_none()
    if key is not None and there is not None:
        return there
    row = {"merchant_id": merchant_id, "state": "applied", "mac": mac,
           "address": masking.written(address), "contact": masking.cards(contact),
           "applicant": actor.name, "applied_at": now, "key": key}  # fmt: skip
    number = added(connection, device, row)
    _note(connection, actor, number, "applied", now, {"merchant_id": merchant_id, "mac": mac})
    return number


def verify(
    connection: Connection, actor: Actor, number: int, good: bool, note: str, now: datetime
) -> Row:
    """Let it pass, and give it the next free terminal number, or refuse it with a note."""
    actor.must_be_allowed("verify a terminal")
    found = find(connection, number)
    if found.applicant == actor.name:
        raise Refused("OWN_APPLICATION")
    values = {"verifier": actor.name, "verified_at": now, "note": masking.written(note)}
    if not good:
        return _move(connection, actor, found, "applied", "refused", now, values)
    values["terminal_id"] = _enrolled(connection, found)
    return _move(connection, actor, found, "applied", "verified", now, values)


def dispatch(
    connection: Connection, actor: Actor, number: int, tracking: str, digits: str, now: datetime
) -> str:
    """Send it out with an activation code made of 15 random `digits` -> the code, told this once
    and good for a day. Raises Refused; DUPLICATE where the code's beginning is taken."""
    actor.must_be_allowed("dispatch a terminal")
    found = find(connection, number)
    code = digits + activation.check_digit(digits)
    tracking = masking.written(tracking[:40])
    moved = {"tracking": tracking, "dispatched_at": now, "code_name": code[:4]}
    _move(connection, actor, found, "verified", "dispatched", now, moved)
    _enter(connection, code, found, now)
    return code


def new_code(connection: Connection, actor: Actor, number: int, digits: str, now: datetime) -> str:
    """Another code for a terminal that is on its way, for the first one was lost, or its day over
    -> the code, told this once; the first one is good no more. Raises Refused."""
    actor.must_be_allowed("dispatch a terminal")
    found = find(connection, number)
    if found.state != "dispatched":
        raise Refused("NOT_NOW", f"it is {found.state}")
    code = digits + activation.check_digit(digits)
    activation.end(connection, found.code_name)
    changed = update(device).where(device.c.id == number).values(code_name=code[:4])
    connection.execute(changed)
    _note(connection, actor, number, "given a new code", now, {})
    _enter(connection, code, found, now)
    return code


def _enter(connection, code, found, now):
    try:
        activation.enter(connection, code, found.terminal_id, now)
    except ValueError:
        raise Refused("DUPLICATE", "another code begins alike; draw again") from None


def find(connection: Connection, number: int) -> Row:
    """Its papers; "activated" once the device has proved that it holds its keys. Refused
    NOT_FOUND."""
    found = connection.execute(_PAPERS.where(device.c.id == number)).one_or_none()
    if found is None:
        raise Refused("NOT_FOUND", "terminal")
    return found


def papers(connection: Connection, merchant_id: str | None = None) -> Sequence[Row]:
    """All papers, newest first."""
    found = _PAPERS.order_by(device.c.id.desc())
    if merchant_id is not None:
        found = found.where(device.c.merchant_id == merchant_id)
    return connection.execute(found).all()


def terminals(connection: Connection, merchant_id: str | None = None) -> list[dict]:
    """Every terminal of the ledger: number, merchant, mac, batch, `activated`, `last_contact` (of
    what it left in the ledger), `kcvs` {key: check value, upper hex} of the keys that it proved."""
    last = (
        select(func.max(books.txn.c.answered_at))
        .where(books.txn.c.terminal_id == books.terminal.c.terminal_id)
        .scalar_subquery()
    )
    found = (
        select(books.terminal, books.merchant.c.name, books.key_set.c.wrapped,
               last.label("last_contact"))
        .join(books.merchant, books.terminal.c.merchant_id == books.merchant.c.merchant_id)
        .outerjoin(books.key_set, (books.key_set.c.terminal_id == books.terminal.c.terminal_id)
                   & (books.key_set.c.number == books.terminal.c.proved_set))
        .where(books.terminal.c.terminal_id.not_like(BACK_OFFICE + "%"))
        .order_by(books.terminal.c.terminal_id)
    )  # fmt: skip
    if merchant_id is not None:
        found = found.where(books.terminal.c.merchant_id == merchant_id)
    return [
        {"terminal_id": row.terminal_id, "merchant_id": row.merchant_id, "merchant": row.name,
         "mac": row.mac, "batch": row.batch, "activated": row.proved_set > 0,
         "last_contact": row.last_contact, "kcvs": kcvs(row.wrapped)}
        for row in connection.execute(found)
    ]  # fmt: skip


def kcvs(wrapped: bytes | None) -> dict[str, str]:
    """The check values in a set of working keys as it went out (F62 of an 0810)."""
    names = ("PIK", "MAK", "TDK")
    parts = [] if wrapped is None else [wrapped[at : at + 20] for at in range(0, len(wrapped), 20)]
    return {name: part[16:].hex().upper() for name, part in zip(names, parts, strict=False)}


def _enrolled(connection, found):
    """A terminal of the ledger with the next free number of those that the back office gives."""
    own = books.terminal.c.terminal_id.between(FIRST, LAST)
    newest = select(func.max(books.terminal.c.terminal_id)).where(own)
    last = connection.execute(newest).scalar_one()
    number = FIRST if last is None else f"{int(last) + 1:08d}"
    values = {"terminal_id": number, "merchant_id": found.merchant_id, "mac": found.mac, "batch": 1}
    connection.execute(insert(books.terminal).values(values))
    return number


def _move(connection, actor, found, before, after, now, values):
    moved = connection.execute(
        update(device)
        .where(device.c.id == found.id, device.c.state == before)
        .values(state=after, **values)
    )
    if moved.rowcount != 1:
        raise Refused("NOT_NOW", f"it is {found.state}")
    _note(connection, actor, found.id, after, now, values, {"state": before})
    return find(connection, found.id)


def _note(connection, actor, number, event, now, new, old=None):
    told = {name: value for name, value in new.items() if name != "code_name"}
    audit.append(connection, actor, f"terminal {event}", f"device {number}", now, old, told)
