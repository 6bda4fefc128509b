"""How long the back office takes to answer with a million refunds and a hundred thousand orders in
a SQLite file: its pages and its API as a browser gets them, but for the network.

Milliseconds of real time at the median, for that is what somebody waits; each kind is asked for
other rows every time. What an export holds in memory is told beside how fast it goes.
"""
import asyncio
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from urllib.parse import urlencode

from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Mount

from host_sim.acquirer import schema
from host_sim.office import accounts, integrators
from host_sim.office.people import ADMINISTRATOR, Actor
from host_sim.office.schema import refund
from host_sim.office.store import Store
from host_sim.web.api.app import make_api
from host_sim.web.office.desk import COOKIE, House
from host_sim.web.office.gate import routes
from host_sim.web.office.pages import PAGES
from tools import many_refunds
from tools.many_refunds import FIRST_ID, ORDERS, REFUNDS, SHOPS

ASKED = 15  # times each
LOOKED_UP = ("list", "orders", "detail", "API")
NOW = datetime(2026, 1, 15, 12)
ROOT = Actor("root", ADMINISTRATOR, "bench")


class Office:
    """The application on a ledger, and somebody who is logged in there."""

    def __init__(self, path):
        self.engine = schema.open_engine(path)
        self.store = Store(self.engine)
        house = House(self.store, lambda: NOW)
        self.app = Starlette(routes=[*routes(lambda: house, PAGES),
                                     Mount("/", make_api(lambda: house))])
        with self.store.writing() as connection:
            accounts.add(connection, "root", ADMINISTRATOR, "", house.clock())
            person = connection.execute(accounts.person.select()).one()
            token = accounts.begin(connection, person.id, house.clock())
            self.shop = many_refunds.Ledger(0, 0).shops[0]
            self.keys = [integrators.make_key(connection, ROOT, name, self.shop, True, NOW)
                         for name in ("first", "second")]
        self._cookie = f"{COOKIE}={token}; lang=en"

    async def pieces(self, method, path, query="", body=b"", key=None):
        """(status, None), then (None, bytes) for each piece of the answer."""
        headers = [(b"host", b"localhost"), (b"cookie", self._cookie.encode()),
                   (b"content-type", b"application/json")]
        if key is not None:
            headers.append((b"authorization", b"Bearer " + key.encode()))
        told: asyncio.Queue = asyncio.Queue(1)
        asked = False

        async def receive():
            nonlocal asked
            if asked:
                await asyncio.Event().wait()
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        scope = {"type": "http", "http_version": "1.1", "method": method, "path": path,
                 "raw_path": path.encode(), "query_string": query.encode(), "headers": headers,
                 "client": ("127.0.0.1", 1), "server": ("localhost", 80), "scheme": "http",
                 "root_path": ""}  # fmt: skip
        task = asyncio.create_task(self.app(scope, receive, told.put))
        more = True
        while more:
            message = await told.get()
            if message["type"] == "http.response.start":
                yield message["status"], None
            else:
                yield None, message.get("body", b"")
                more = message.get("more_body", False)
        await task

    async def ms(self, method, path, query="", body=None, key=None):
        """How long one answer takes. AssertionError where it is not 200."""
        began, sent = perf_counter(), b"" if body is None else json.dumps(body).encode()
        async for status, _ in self.pieces(method, path, query, sent, key):
            assert status in (None, 200), (path, query, status)
        return (perf_counter() - began) * 1000


def _day(rng):
    return date(2025, 2, 1) + timedelta(days=rng.randrange(340))


def _refund(rng):
    return FIRST_ID + rng.randrange(REFUNDS)


def _order(rng):
    return str(70_000_000 + rng.randrange(ORDERS))


def _tail(rng):
    return f"{rng.randrange(10_000):04}"


def _yuan(rng, most=5_000):
    return f"{rng.randrange(1, most)}.{rng.randrange(100):02}"


def _span(rng, days):
    first = _day(rng)
    return {"first": first, "last": first + timedelta(days=days - 1)}


def _amount(rng):
    amount = _yuan(rng)
    return {"least": amount, "most": amount}


def _wide(rng):
    least = rng.randrange(1, 400)
    return {"least": f"{least}.00", "most": f"{least + 50}.00"}


def _of(rng, *names):
    return rng.choice(names)


# what is asked for: the list's query, made anew each time
LISTS = {
    "all": lambda rng: {},
    "a page further on": lambda rng: {"before": _refund(rng)},
    "by order number": lambda rng: {"order_no": _order(rng)},
    "by card tail": lambda rng: {"card_tail": _tail(rng)},
    "by amount": _amount,
    "by a span of amounts": _wide,
    "by day": lambda rng: dict.fromkeys(("first", "last"), _day(rng)),
    "by week": lambda rng: _span(rng, 7),
    "by state, common": lambda rng: {"state": "paid"},
    "by state, rare": lambda rng: {"state": _of(rng, "failed", "disputed", "applied")},
    "by shop": lambda rng: {"merchant_id": _shop(rng)},
    "by product": lambda rng: {"product": _of(rng, "Tea", "保温杯", "Desk lamp")},
    "by terminal": lambda rng: {"terminal_id": _terminal(rng)},
    "by operator": lambda rng: {"applicant": f"clerk{rng.randrange(30):02}"},
    "by reason": lambda rng: {"reason": f"0{1 + rng.randrange(5)}"},
    "by shop, state and week": lambda rng: {"merchant_id": _shop(rng), "state": "failed",
                                            **_span(rng, 7)},
    "by state and amount": lambda rng: {"state": "paid", **_amount(rng)},
    "by shop, reason and card tail": lambda rng: {"merchant_id": _shop(rng), "reason": "02",
                                                  "card_tail": _tail(rng)},
    "by month": lambda rng: _span(rng, 30),
    "by year": lambda rng: {"last": "2025-12-31", "first": "2025-01-01"},
    "by state and month": lambda rng: {"state": "failed", **_span(rng, 30)},
    "by reason and month": lambda rng: {"reason": "02", **_span(rng, 30)},
    "by amounts from 10 yuan on": lambda rng: {"least": "10.00"},
    "by way, none": lambda rng: {"type": "on-site", "channel": "api"},
    "by operator and product, none": lambda rng: {"applicant": "nobody", "product": "Tea"},
}  # fmt: skip
SEARCHES = {
    "by number": lambda rng: {"number": _order(rng)},
    "by card tail": lambda rng: {"card_tail": _tail(rng)},
    "by amount": lambda rng: {"amount": f"{100 + rng.randrange(50_000)}.00"},
    "by day": lambda rng: {"sold_on": _day(rng)},
    "by card tail and day": lambda rng: {"card_tail": _tail(rng), "sold_on": _day(rng)},
}


def _shop(rng):
    return f"8981100799{rng.randrange(SHOPS):05}"


def _terminal(rng):
    return f"5{rng.randrange(SHOPS):03}{rng.randrange(many_refunds.TILLS):04}"


async def _pages(office, rng, asked):
    told = {}

    async def time(name, *words):
        async def once():
            return await office.ms("GET", *(word() if callable(word) else word for word in words))

        await once()
        took = [await once() for _ in range(asked)]
        told[name] = round(median(took), 1)

    for name, query in LISTS.items():
        await time(f"list {name}", "/office/refunds", lambda of=query: urlencode(of(rng)))
    for name, query in SEARCHES.items():
        await time(f"orders {name}", "/office/apply", lambda of=query: urlencode(of(rng)))
    await time("detail", lambda: f"/office/refunds/{_refund(rng)}")
    await time("detail, printable", lambda: f"/office/refunds/{_refund(rng)}/print")
    await time("reviewers' queue", "/office/review")
    await time("clearing", "/office/clearing")
    await time("terminals", "/office/terminals")
    await time("audit", "/office/audit")
    await time("lessons of 30 days", "/office/lessons")
    return told


async def _api(office, asked):
    """The same of the API: apply, query, decide, each for another refund."""
    with office.store.reading() as connection:
        first = datetime.strftime(NOW - timedelta(days=90), "%Y%m%d")
        here = select(schema.order.c.order_no).where(schema.order.c.merchant_id == office.shop)
        origins = connection.execute(here.where(schema.order.c.sold_on > first).limit(asked))
        orders = origins.scalars().all()
        old = select(refund.c.out_trade_no).where(refund.c.merchant_id == office.shop).limit(asked)
        numbers = connection.execute(old).scalars().all()
    by, other = office.keys
    bodies = [{"merchant_no": office.shop, "out_trade_no": f"bench{number}", "refund_amount": 1,
               "refund_reason": "01", "origin_out_trade_no": order}
              for number, order in enumerate(orders)]  # fmt: skip
    said = {"decision": "approve", "note": "ok"}
    took = {
        "query": [await office.ms("GET", f"/api/refunds/{one}", key=by) for one in numbers],
        "apply": [await office.ms("POST", "/api/refunds", "", one, by) for one in bodies],
        "review": [await office.ms("POST", f"/api/refunds/{one['out_trade_no']}/review", "", said,
                                   other) for one in bodies],
    }  # fmt: skip
    return {f"API {name}": round(median(times), 1) for name, times in took.items()}


def _resident():
    """MiB of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / (1 << 20)


async def _export(office, kind, query):
    """{rows or bytes a second, MiB that the process grew by at most}."""
    before, most, size, began = _resident(), 0.0, 0, perf_counter()
    async for status, piece in office.pieces("GET", f"/office/refunds.{kind}", query):
        assert status in (None, 200), status
        size += len(piece or b"")
        most = max(most, _resident())
    return {"MiB": round(size / (1 << 20), 1), "seconds": round(perf_counter() - began, 1),
            "memory grew by at most, MiB": round(most - before, 1)}


def figures(refunds=REFUNDS, orders=ORDERS, asked=ASKED, path=None):
    """{what: milliseconds at the median}, and the exports."""
    with TemporaryDirectory(prefix="tuidan-") as folder:
        if path is None:
            path = str(Path(folder, "ledger.db"))
            many_refunds.make(path, refunds, orders)
        office = Office(path)
        rng = Random(1)

        async def measure():
            pages = await _pages(office, rng, asked) | await _api(office, asked)
            return pages, {"CSV of all": await _export(office, "csv", ""),
                           "XLSX of a shop": await _export(office, "xlsx",
                                                           f"merchant_id={office.shop}")}

        pages, exports = asyncio.run(measure())
        office.store.close()
        office.engine.dispose()
    looked_up = [ms for name, ms in pages.items() if name.startswith(LOOKED_UP)]
    return {"refunds": refunds, "orders": orders, "ms at the median": pages,
            "slowest list, search, detail, ms": max(looked_up), "exports": exports}  # fmt: skip
