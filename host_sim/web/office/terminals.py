"""Terminals: the papers of a new one, and every one there is, with its keys' check values."""

from secrets import randbelow

from host_sim.office import devices, drafts
from host_sim.office.refusals import CODES, Refused
from host_sim.web.office import values
from host_sim.web.office.desk import Desk

CODE_DIGITS = 15
DRAWS = 20


async def shown(desk: Desk, wrong: Refused | None = None, code=""):
    """`code`: of a terminal that was dispatched just now; it is shown this once."""
    with desk.store.reading() as connection:
        of = desk.actor.merchant_id
        shops = values.shops(connection, of)
        papers = devices.papers(connection, of)
        there = devices.terminals(connection, of)
    return desk.page(
        "terminals.html", CODES[wrong.code][1] if wrong else 200, here="terminals", papers=papers,
        terminals=there, shops=shops, shop_names=dict(shops), code=code, key=drafts.fresh_key(),
        macs=[(mac, mac) for mac in devices.MACS],
        wrong=desk.w.refusal(wrong.code, wrong.detail) if wrong else "",
    )  # fmt: skip


async def apply(desk: Desk):
    merchant_id, address, contact = (
        desk.asked(name) for name in ("merchant_id", "address", "contact")
    )
    try:
        with desk.store.writing() as connection:
            devices.apply(connection, desk.actor, merchant_id, address, contact, desk.now,
                          desk.asked("mac"), desk.asked("key")[:64] or None)  # fmt: skip
    except Refused as refusal:
        return await shown(desk, refusal)
    return desk.go("/terminals", "terminal_applied")


async def verify(desk: Desk):
    good = desk.asked("good") == "yes"
    try:
        with desk.store.writing() as connection:
            devices.verify(connection, desk.actor, desk.number(), good, desk.asked("note")[:200],
                           desk.now)  # fmt: skip
    except Refused as refusal:
        return await shown(desk, refusal)
    return desk.go("/terminals", "terminal_verified" if good else "terminal_refused")


async def dispatch(desk: Desk):
    return await _coded(desk, devices.dispatch, desk.asked("tracking"))


async def new_code(desk: Desk):
    return await _coded(desk, devices.new_code)


async def _coded(desk, deed, *words):
    """The answer itself shows the code, for nobody can look it up later. One that begins as another
    is drawn again."""
    refusal = None
    for _ in range(DRAWS):
        digits = "".join(str(randbelow(10)) for _ in range(CODE_DIGITS))
        try:
            with desk.store.writing() as connection:
                code = deed(connection, desk.actor, desk.number(), *words, digits, desk.now)
            return await shown(desk, code=code)
        except Refused as reason:
            refusal = reason
            if reason.code != "DUPLICATE":
                break
    return await shown(desk, refusal)
