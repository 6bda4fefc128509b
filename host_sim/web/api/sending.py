"""Carries the notices of the outbox to integrators' servers, over HTTP and in real time."""

import asyncio
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from urllib.error import URLError

from sqlalchemy.exc import SQLAlchemyError

from host_sim.office import notices

EVERY_S = 1.0  # that the outbox is looked at
PATIENCE_S = 5.0  # with an integrator's server


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))


def post(notice: notices.Notice) -> str | None:
    """Send one; what went wrong, None where the other side said 2xx. It follows no redirection.
    Whatever the other side answers, or is, it ends nothing but this try."""
    try:
        asked = urllib.request.Request(notice.url, notice.body, notice.headers, method="POST")
        with _opener.open(asked, timeout=PATIENCE_S) as reply:
            return None if 200 <= reply.status < 300 else f"answered {reply.status}"
    except (URLError, HTTPException, OSError, ValueError) as reason:
        return str(reason) or type(reason).__name__


async def deliver(shop) -> int:
    """Send what is due, to each server one after the other, to all at once; how many arrived.
    `shop`: its `store`, its time now(), the real time clock()."""
    with shop.store.reading() as connection:
        waiting = notices.due(connection, shop.clock(), shop.now().date())
    of_each: dict[str, list[notices.Notice]] = {}
    for notice in waiting:
        of_each.setdefault(notice.url, []).append(notice)
    return sum(await asyncio.gather(*(_tell(shop, told) for told in of_each.values())))


async def _tell(shop, told):
    arrived = 0
    for notice in told:
        trouble = await asyncio.to_thread(post, notice)
        with shop.store.writing() as connection:
            notices.ended(connection, notice, trouble, shop.clock())
        arrived += trouble is None
    return arrived


async def keep_telling(house: Callable) -> None:
    """For as long as it is not cancelled; `house()`: the shop that is open."""
    while True:
        with suppress(SQLAlchemyError):  # another shop was opened meanwhile: the outbox keeps it
            await deliver(house())
        await asyncio.sleep(EVERY_S)
