"""The way to every page of the back office: who may come by, what a form must bring.

The table PAGES (pages.py) is all there is: a page that is not in it does not exist, and one cannot
be reached without the deed that stands beside it.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from host_sim.office import accounts
from host_sim.office.refusals import CODES, Refused
from host_sim.web.office.desk import COOKIE, FIELDS, FILES, ROOT, Desk, House

ANYBODY, LOGGED_IN = "anybody", "logged in"
HIS_OWN = ("/password", "/logout")  # all that is open while somebody else knows the password
MOST_BODY = 30 << 20  # bytes of a form with its files


class Page(NamedTuple):
    """`deed`: of people.MAY, or ANYBODY, or LOGGED_IN."""

    method: str
    path: str
    deed: str
    handler: Callable[[Desk], Awaitable[Response]]


def routes(house_of: Callable[[], House], pages) -> list[Route]:
    """Of the Pages. `house_of()`: the House that is open when the request comes."""
    by_path: dict[str, dict[str, Page]] = {}
    for page in pages:
        by_path.setdefault(page.path, {})[page.method] = page
    return [
        *(
            Route(ROOT + path, _entrance(house_of, named), methods=[*named])
            for path, named in by_path.items()
        ),
        Route(ROOT, lambda request: RedirectResponse(f"{ROOT}/", 307)),
        Route(ROOT + "/{rest:path}", _entrance(house_of, {"GET": Page("GET", "", ANYBODY, _none)})),
    ]


async def _none(_desk):
    raise Refused("NOT_FOUND")


def _entrance(house_of, named):
    async def enter(request: Request) -> Response:
        page = named["GET" if request.method == "HEAD" else request.method]
        house = house_of()
        desk = Desk(house, request, _visitor(house, request))
        refusal = _turned_away(desk, page)
        if refusal is not None:
            return refusal
        if request.method != "POST":
            return await _answered(desk, page)
        size = request.headers.get("content-length", "")
        if not size.isdigit() or int(size) > MOST_BODY:
            return _refused(desk, "FILE_SIZE", "")
        async with request.form(max_files=FILES, max_fields=FIELDS) as form:
            desk.form = form
            if page.deed != ANYBODY and not accounts.same(desk.asked("csrf"), desk.visitor.csrf):
                return desk.page("refused.html", 403, heading=desk.w["form_old"],
                                 reason=desk.w["form_old_hint"])  # fmt: skip
            return await _answered(desk, page)

    return enter


async def _answered(desk, page):
    try:
        return await page.handler(desk)
    except Refused as refusal:
        return _refused(desk, refusal.code, refusal.detail)


def _visitor(house, request):
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    with house.store.writing() as connection:
        return accounts.visitor(connection, token, house.clock())


def _turned_away(desk, page):
    """What somebody gets who may not see the page; None for one who may."""
    if page.deed == ANYBODY:
        return None
    if desk.visitor is None:
        back = ""
        if desk.request.method == "GET":
            url = desk.request.url
            back = "?next=" + quote(url.path + (f"?{url.query}" if url.query else ""))
        return RedirectResponse(f"{ROOT}/login{back}", 303)
    if desk.visitor.set_by is not None and page.path not in HIS_OWN:
        return RedirectResponse(f"{ROOT}/password", 303)
    if page.deed != LOGGED_IN and not desk.may(page.deed):
        return _refused(desk, "NOT_ALLOWED", "")
    return None


def _refused(desk, code, detail):
    return desk.page("refused.html", CODES[code][1], heading=desk.w["refused"],
                     reason=desk.w.refusal(code, detail))  # fmt: skip
