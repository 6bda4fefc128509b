"""Carries the notices of the outbox to integrators' servers, over HTTP and in real time."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Event, Timer
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from host_sim.office import notices

EVERY_S = 1.0  # that the outbox is looked at
PATIENCE_S = 5.0  # with an integrator's server that says nothing
AT_MOST_S = 10.0  # of one try, however often a byte comes
ANSWERED = "answered "


def post(notice: notices.Notice) -> str | None:
    """Send one; what went wrong, None where the other side said 2xx. It follows no redirection and
    uses no proxy. Whatever the other side answers, or is, it ends nothing but this try."""
    url = urlsplit(notice.url)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    to = kind(url.hostname or "", url.port, timeout=PATIENCE_S)
    late = Event()
    clock = Timer(AT_MOST_S, _hang_up, [to, late])
    clock.daemon = True
    clock.start()
    try:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        to.request("POST", path, notice.body, notice.headers)
        status = to.getresponse().status
        trouble = None if 200 <= status < 300 else f"{ANSWERED}{status}"
    except (HTTPException, OSError, ValueError) as reason:
        trouble = str(reason) or type(reason).__name__
    finally:
        clock.cancel()
        to.close()
    return f"no whole answer in {AT_MOST_S:.0f} s" if late.is_set() else trouble


def _hang_up(to, late):
    late.set()
    with suppress(OSError, AttributeError):  # it is not there yet, or has ended
        to.sock.shutdown(socket.SHUT_RDWR)


async def deliver(shop) -> int:
    """Send what is due, to each server one after the other, to all at once; how many arrived. A
    server that does not answer is left alone until the next time.
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
        if trouble and not trouble.startswith(ANSWERED):
            break
    return arrived


async def keep_telling(house: Callable) -> None:
    """For as long as it is not cancelled; `house()`: the shop that is open."""
    while True:
        with suppress(SQLAlchemyError):  # another shop was opened meanwhile: the outbox keeps it
            await deliver(house())
        await asyncio.sleep(EVERY_S)
