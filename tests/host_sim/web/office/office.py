"""The back office without a browser: its pages on a ledger with the samples, and people there."""

import re
from datetime import datetime
from random import Random

from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from host_sim.acquirer import schema
from host_sim.acquirer.server import Acquirer
from host_sim.office import accounts
from host_sim.office.store import Store
from host_sim.web.guard import Guard
from host_sim.web.office.desk import House
from host_sim.web.office.gate import routes
from host_sim.web.office.pages import PAGES
from tests.host_sim.acquirer.till import NOON, Host
from tests.host_sim.office.desk import Desk

AT = "http://localhost"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse 7"
PEOPLE = {"anna": "clerk", "bob": "reviewer", "carl": "reviewer", "root": "administrator"}


class Again(Desk):
    """A desk at a ledger that has been made before."""

    def __init__(self, path):
        self.host = Host.__new__(Host)
        self.host.engine = schema.open_engine(path)
        self.host.acquirer = Acquirer(self.host.engine, Random(1))
        self.store = Store(self.host.engine)
        self.now = NOON


class Office:
    """`desk`: the rules below the pages, for what a test needs to have happened before; `at(name)`
    somebody who is logged in; `clock`: the real time as sessions see it."""

    def __init__(self, path, there=False):
        """`there`: the ledger, its tables and people are in the file at `path` already."""
        self.desk = Again(str(path)) if there else Desk(str(path))
        self.clock = datetime(2026, 3, 16, 12, 0)
        self.house = House(self.desk.store, lambda: self.desk.now, QUICK)
        self.house.clock = lambda: self.clock
        self.app = Starlette(routes=routes(lambda: self.house, PAGES),
                             middleware=[Middleware(Guard)])
        if there:
            return
        digest = self.house.door.digest("", PASSWORD)
        with self.desk.store.writing() as connection:
            for name, role in PEOPLE.items():
                accounts.add(connection, name, role, digest, self.clock)

    def stranger(self, address="192.0.2.1"):
        client = TestClient(self.app, base_url=AT, client=(address, 5000), follow_redirects=False)
        client.headers |= {"origin": AT, "accept-language": "en"}
        return client

    def at(self, name, language="en"):
        client = Person(self.stranger())
        answer = client.browser.post("/office/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        client.browser.cookies.set("lang", language)
        return client


class Person:
    """Somebody at a browser: follows what a form answers, and sends a page's own token."""

    def __init__(self, browser):
        self.browser = browser
        self._csrf = ""

    def get(self, path, follow=True, **query):
        answer = self.browser.get("/office" + path, params=query or None)
        while follow and answer.status_code == 303:
            answer = self.browser.get(answer.headers["location"])
        return answer

    def csrf(self):
        """Of the session; another page would have the same."""
        if not self._csrf:
            page = self.get("/password").text
            self._csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        return self._csrf

    def post(self, path, follow=True, files=None, **form):
        form.setdefault("csrf", self.csrf())
        answer = self.browser.post("/office" + path, data=form, files=files)
        while follow and answer.status_code == 303:
            answer = self.browser.get(answer.headers["location"])
        return answer


def said(page):
    """The words of a page, as one line."""
    body = re.sub(r"<(script|style).*?</\1>", " ", page.text, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))
