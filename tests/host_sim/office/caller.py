"""An integrator's program for the tests: asks the application in this process."""

import asyncio
import json
from datetime import datetime

from host_sim.acquirer import samples
from host_sim.acquirer.terms import USUAL
from host_sim.office import integrators
from host_sim.web.api.app import make_api
from tests.host_sim.office.desk import ORDER, ROOT


class Shop:
    """What the web's House is to the API, at the desk's time."""

    def __init__(self, desk):
        self.store = desk.store
        self.terms = USUAL
        self._desk = desk
        self.real = datetime(2026, 1, 15, 4, 0)

    def now(self):
        return self._desk.now

    def clock(self):
        return self.real


class Caller:
    """`keys`: {"clerk": may apply, "reviewer": may decide too}, of the test shop."""

    def __init__(self, desk):
        self.desk = desk
        self.shop = Shop(desk)
        self.app = make_api(lambda: self.shop)
        self.keys = {
            name: desk.do(integrators.make_key, ROOT, name, samples.TEST_SHOP, name == "reviewer")
            for name in ("clerk", "reviewer")
        }
        self._loop = asyncio.new_event_loop()

    def close(self):
        self._loop.close()

    def ask(self, method, path, body=None, key="clerk"):
        """(status, what came back as JSON)."""
        return self._loop.run_until_complete(self._asked(method, path, body, key))

    def ask_at_once(self, *asked):
        """The same of several, (method, path, body, key) each, none of which waits for another."""

        async def all_of():
            return await asyncio.gather(*(self._asked(*one) for one in asked))

        return self._loop.run_until_complete(all_of())

    async def _asked(self, method, path, body, key):
        sent = b"" if body is None else json.dumps(body).encode()
        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        if key is not None:
            value = self.keys.get(key, key)
            headers.append((b"authorization", f"Bearer {value}".encode()))
        scope = {"type": "http", "http_version": "1.1", "method": method, "path": path,
                 "raw_path": path.encode(), "query_string": b"", "headers": headers,
                 "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http",
                 "root_path": ""}  # fmt: skip
        told = []

        async def receive():
            return {"type": "http.request", "body": sent, "more_body": False}

        async def send(message):
            told.append(message)

        await self.app(scope, receive, send)
        text = b"".join(one.get("body", b"") for one in told)
        return told[0]["status"], json.loads(text)

    def apply(self, number="R1", amount_fen=1000, key="clerk", **more):
        body = {"merchant_no": samples.TEST_SHOP, "out_trade_no": number, "refund_reason": "01",
                "refund_amount": amount_fen, "origin_out_trade_no": ORDER, **more}  # fmt: skip
        return self.ask("POST", "/api/refunds", body, key)

    def query(self, number="R1", key="clerk"):
        return self.ask("GET", f"/api/refunds/{number}", key=key)

    def review(self, number="R1", decision="approve", note="ok", key="reviewer"):
        said = {"decision": decision, "note": note}
        return self.ask("POST", f"/api/refunds/{number}/review", said, key)

