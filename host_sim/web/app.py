"""The face's pages and addresses.

    /                           the first till
    /tills/NUMBER               a till, its line and the acquirer
    /tills/NUMBER/frames/N      one packet of its line, part by part
    /tills/NUMBER/script        what was done there, as a key script
    /tills/NUMBER/capture       all that passed there, as pcapng, masked
    /tills/NUMBER/paper.png     what it has printed
    /tills/NUMBER/slips/N       one voucher of it, as a picture
    /tills/NUMBER/run           script, capture and vouchers in one file, which /play takes
    /open (POST)                another scenario, language or seed
    /play (POST)                a key script, ours or brought along, or a saved run, played in a
                                world of its own
    /seeds?seed=N               a seed of the campaign, told as a story
    /live?till=NUMBER           websocket, see live.py
    /office/...                 the back office, see office/pages.py
    /api/..., /openapi.json     for integrators, see api/app.py
"""
import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from host_sim.web import opening, tills
from host_sim.web.api.app import make_api
from host_sim.web.api.sending import keep_telling
from host_sim.web.guard import LOOPBACK, Guard
from host_sim.web.live import Viewer
from host_sim.web.office.gate import routes
from host_sim.web.office.pages import PAGES
from host_sim.web.office.shop import house_of, keep_days

GONE = 4404                 # a socket's till is not here any more
HERE = Path(__file__).parent


def make_app(face, hosts=LOOPBACK, token=None, masked=None, story=None, scripts=None):
    """The ASGI application of a Face; guard.Guard says what `hosts` and `token` are. masked(file):
    the bytes of a capture that may be handed on; story(seed): the words of a command that tells a
    seed of the campaign as JSON; `scripts`: a folder of key scripts to watch."""

    house = house_of(face)

    async def first(request):
        return RedirectResponse(f"/tills/{next(iter(face.site.tills))}", 307)

    async def live(socket):
        number = socket.query_params.get("till")
        if number not in face.site.tills:
            await socket.accept()
            await socket.close(GONE)
            return
        await Viewer(face, number, "acks" in socket.query_params).attend(socket)

    @asynccontextmanager
    async def lifespan(app):
        face.start()
        kept = [asyncio.create_task(keep(house)) for keep in (keep_telling, keep_days)]
        yield
        for task in kept:
            task.cancel()
        await face.stop()

    return Starlette(
        routes=[
            Route("/", first),
            *tills.routes(face, masked, scripts),
            *opening.routes(face, story, scripts),
            WebSocketRoute("/live", live),
            *routes(house, PAGES),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Mount("/", make_api(house)),
        ],
        middleware=[Middleware(Guard, hosts=hosts, token=token)],
        lifespan=lifespan,
    )

