"""One request to the back office: who asks, in which language, on which ledger; and the answer.

A page is written by a handler that gets a Desk. Nothing that a browser sends is believed: who asks
comes from his session, and every form brings the session's own token.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from host_sim.acquirer.money import yuan
from host_sim.acquirer.terms import USUAL, Terms
from host_sim.office import accounts, masking, people
from host_sim.office.store import Store
from host_sim.web.office.words import words

ROOT = "/office"
COOKIE = "tuidan-office"
LANGUAGE = "lang"
FILES, FIELDS = 5, 40  # at most in one form
SECONDS_A_DAY = 86_400
EXPORTS = 4  # at once: each holds one of the reader's connections for as long as its browser takes

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters |= {
    "yuan": lambda fen: yuan(fen) if abs(fen) < 100_000 else grouped(fen),
    "contact": masking.contact,
    "day": lambda at: f"{at:%Y-%m-%d}" if at else "–",
    "time": lambda at: f"{at:%Y-%m-%d %H:%M}" if at else "–",
    "when": lambda at: f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else at or "",
    "changes": lambda row: changes(json.loads(row.old), json.loads(row.new)),
    "query": lambda values: urlencode({k: v for k, v in values.items() if v not in ("", None)}),
}


class House:
    """The shop that is open: `store` an office Store, `now()` the shop's own time, `hasher` None
    for argon2id as it is recommended, `terms` the acquirer's."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], hasher=None, terms: Terms = USUAL
    ):
        self.store = store
        self.now = now
        self.terms = terms
        self._hasher = hasher
        self.exports = asyncio.Semaphore(EXPORTS)

    @cached_property
    def door(self) -> accounts.Door:
        return accounts.Door(self.store.engine, self._hasher)

    def clock(self) -> datetime:
        """The real time, for sessions alone: UTC, without a zone."""
        return datetime.now(UTC).replace(tzinfo=None)


class Desk:
    """`visitor`: an accounts.Visitor, None for somebody who is not logged in."""

    def __init__(self, house: House, request: Request, visitor):
        self.house = house
        self.request = request
        self.visitor = visitor
        self.store = house.store
        self.now = house.now()
        self.form: FormData = FormData()
        self.brought: list[tuple[str, bytes]] = []
        asked = request.query_params.get(LANGUAGE) or request.cookies.get(LANGUAGE)
        self.w = words(asked or _preferred(request))

    @property
    def source(self) -> str:
        """Where he asks from, for the audit."""
        return self.request.client.host if self.request.client else ""

    @cached_property
    def actor(self) -> people.Actor:
        return people.Actor(self.visitor.name, self.visitor.role, self.source,
                            self.visitor.merchant_id)  # fmt: skip

    def may(self, deed: str) -> bool:
        return self.visitor is not None and self.actor.may(deed)

    def asked(self, name: str) -> str:
        """A value of the form, or else of the address; without the blanks around it, and without
        what PostgreSQL keeps in no text."""
        value = self.form.get(name, self.request.query_params.get(name, ""))
        return value.replace("\0", "").strip() if isinstance(value, str) else ""

    async def bring(self, name: str, most_bytes: int) -> None:
        """Read the files that were chosen into `brought`, one byte more than the most of each at
        most; a browser sends an empty one where none was."""
        chosen = [one for one in self.form.getlist(name) if isinstance(one, UploadFile)]
        self.brought = [
            (one.filename, await one.read(most_bytes + 1)) for one in chosen if one.filename
        ]

    def number(self, name: str = "id") -> int:
        """Of the address; 0, which nothing has, for one that no database could hold."""
        number = self.request.path_params[name]
        return number if number < 1 << 31 else 0

    def page(self, template: str, status: int = 200, **values) -> HTMLResponse:
        told = self.request.query_params.get("told", "")
        told_before = {"told": self.w.get("told_" + told, ""), "wrong": "", "here": ""}
        common = {"w": self.w, "root": ROOT, "visitor": self.visitor, "may": self.may,
                  "now": self.now, "path": self.request.url.path, "waiting": None,
                  "other": self._in_the_other_language(), "desk": self}  # fmt: skip
        text = _pages.get_template(template).render(common | told_before | values)
        response = HTMLResponse(text, status)
        keep = {"max_age": 365 * SECONDS_A_DAY, "samesite": "strict", "httponly": True}
        response.set_cookie(LANGUAGE, self.w.language, **keep)  # type: ignore[arg-type]
        return response

    def go(self, path: str, told: str = "") -> Response:
        """On to another page, which says what was done: a form's own page is never gone back to."""
        mark = "&" if "?" in path else "?"
        return RedirectResponse(f"{ROOT}{path}" + (f"{mark}told={told}" if told else ""), 303)

    def _in_the_other_language(self):
        query = {k: v for k, v in self.request.query_params.items() if k not in (LANGUAGE, "told")}
        other = "en" if self.w.language == "zh" else "zh"
        return "?" + urlencode(query | {LANGUAGE: other})


def _preferred(request):
    return "zh" if request.headers.get("accept-language", "zh").lower().startswith("zh") else "en"


def changes(old, new):
    """[(name, before, after)] of an audit's row; None for what was not, or is not, there."""
    both = [(name, old.get(name), new.get(name)) for name in [*new, *(old.keys() - new)]]
    return [(name, before, after) for name, before, after in both if before != after]


def grouped(fen):
    whole, cents = yuan(fen).split(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}.{cents}"
