"""The back office of the shop that the face has open: on its ledger, at its time."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from host_sim.office import clearing
from host_sim.office.store import Store
from host_sim.web.office.desk import House

EVERY_S = 1.0  # that the clock is looked at


def house_of(face):
    """A function that gives the House of the Site that is open; another Site has another one."""
    held: dict[int, House] = {}

    def house() -> House:
        if face.generation not in held:
            for old in held.values():
                old.store.close()
            held.clear()
            site = face.site
            held[face.generation] = House(
                Store(site.books.engine),
                lambda: site.start + timedelta(milliseconds=site.now_ms),
                terms=site.books.acquirer.terms,
            )
        return held[face.generation]

    return house


def pass_evenings(house: House) -> None:
    """What the shop's clock has come past: whoever looks at a refund then sees it as it is."""
    with house.store.reading() as connection:
        behind = clearing.is_behind(connection, house.now())
    if behind:
        with house.store.writing() as connection:
            clearing.catch_up(connection, house.now())


async def keep_days(house) -> None:
    """For as long as it is not cancelled; `house()`: the shop that is open."""
    while True:
        with suppress(SQLAlchemyError):  # another shop was opened meanwhile
            pass_evenings(house())
        await asyncio.sleep(EVERY_S)
