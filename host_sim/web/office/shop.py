"""The back office of the shop that the face has open: on its ledger, at its time."""

from datetime import timedelta

from host_sim.office.store import Store
from host_sim.web.office.desk import House


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
                Store(site.books.engine), lambda: site.start + timedelta(milliseconds=site.now_ms)
            )
        return held[face.generation]

    return house
