"""The face's pages and addresses.

    /                           the first till
    /tills/NUMBER               a till, its line and the acquirer
    /tills/NUMBER/frames/N      one packet of its line, part by part
    /tills/NUMBER/script        what was done there, as a key script
    /tills/NUMBER/capture       all that passed there, as pcapng
    /tills/NUMBER/paper.png     what it has printed
    /open (POST)                another scenario, language or seed
    /live?till=NUMBER           websocket, see live.py
    /office/...                 the back office, see office/pages.py
    /api/..., /openapi.json     for integrators, see api/app.py
"""
import asyncio
import io
import os
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import (
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from host_sim.acquirer import scenario
from host_sim.bench.keypad import KEYS
from host_sim.face import recording, views
from host_sim.face.face import SAMPLES, Choice
from host_sim.face.words import words
from host_sim.show.explain import explain
from host_sim.show.pictures import draw_paper
from host_sim.web import diagram
from host_sim.web.api.app import make_api
from host_sim.web.api.sending import keep_telling
from host_sim.web.guard import LOOPBACK, Guard
from host_sim.web.live import Viewer
from host_sim.web.office.gate import routes
from host_sim.web.office.pages import PAGES
from host_sim.web.office.shop import house_of

PIECE = 1 << 16     # bytes of a capture sent at once
HERE = Path(__file__).parent
_pages = Jinja2Templates(HERE / "templates")


def make_app(face, hosts=LOOPBACK, token=None):
    """The ASGI application of a Face; guard.Guard says what `hosts` and `token` are."""

    house = house_of(face)

    def till_of(request):
        till = face.site.tills.get(request.path_params["number"])
        if till is None:
            raise HTTPException(404, "there is no such till here")
        return till

    async def first(request):
        return RedirectResponse(f"/tills/{next(iter(face.site.tills))}", 307)

    async def page(request):
        till = till_of(request)
        language = request.query_params.get("lang") or request.cookies.get("lang") or "en"
        told = words(language)
        response = _pages.TemplateResponse(request, "till.html", {
            "till": till, "tills": face.site.tills, "keys": KEYS, "w": told,
            "diagram": diagram.svg(), "choice": face.choice,
            "scenarios": [SAMPLES, *scenario.shipped()],
        })
        response.set_cookie("lang", told.language, samesite="strict")
        return response

    async def frame(request):
        till = till_of(request)
        try:
            passed = till.frames[request.path_params["n"]]
        except LookupError:
            raise HTTPException(404, "this packet is not kept any more") from None
        told = words(request.cookies.get("lang") or "en")
        return _pages.TemplateResponse(request, "frame.html", {
            "at": views.clock(face.site, passed.at_ms), "passed": passed, "w": told,
            "parts": _parts(passed.packet, till.shop.mac) if passed.packet else []})

    async def script(request):
        till = till_of(request)
        return PlainTextResponse(recording.script(till, face.choice), headers={
            "Content-Disposition": f'attachment; filename="till-{till.number}.txt"'})

    async def capture(request):
        till = till_of(request)
        if till.capture is None:
            raise HTTPException(404, "nothing is captured here")

        def pieces():
            size, at = os.fstat(till.capture.fileno()).st_size, 0
            while at < size:
                piece = os.pread(till.capture.fileno(), min(PIECE, size - at), at)
                at += len(piece)
                yield piece

        return StreamingResponse(pieces(), headers={
            "Content-Disposition": f'attachment; filename="till-{till.number}.pcapng"'})

    async def paper(request):
        till = till_of(request)
        printer = till.world.device.printer
        file = io.BytesIO()
        draw_paper(printer.lines, printer.cuts).save(file, "PNG")
        return Response(file.getvalue(), media_type="image/png")

    async def open_(request):
        async with request.form(max_files=0) as form:
            try:
                face.open(Choice(str(form.get("scenario")),
                                 "en" if form.get("language") == "en" else "zh",
                                 int(str(form.get("seed") or 0))))
            except ValueError as error:
                raise HTTPException(400, str(error)) from None
        return RedirectResponse("/", 303)

    async def live(socket):
        number = socket.query_params.get("till")
        if number not in face.site.tills:
            await socket.close(4404)
            return
        await Viewer(face, number).attend(socket)

    @asynccontextmanager
    async def lifespan(app):
        face.start()
        telling = asyncio.create_task(keep_telling(house))
        yield
        telling.cancel()
        await face.stop()

    return Starlette(
        routes=[
            Route("/", first),
            Route("/tills/{number}", page),
            Route("/tills/{number}/frames/{n:int}", frame),
            Route("/tills/{number}/script", script),
            Route("/tills/{number}/capture", capture),
            Route("/tills/{number}/paper.png", paper),
            Route("/open", open_, methods=["POST"]),
            WebSocketRoute("/live", live),
            *routes(house, PAGES),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Mount("/", make_api(house)),
        ],
        middleware=[Middleware(Guard, hosts=hosts, token=token)],
        lifespan=lifespan,
    )


def _parts(packet, mac):
    """[{"at", "hex", "name", "words", "inner"}] of a packet, secrets as stars."""
    return [{"at": part.at, "name": part.name, "words": part.words, "inner": part.inner,
             "hex": "*" * part.size if part.secret
             else "" if part.inner else packet[part.at:part.at + part.size].hex(" ").upper()}
            for part in explain(packet, mac)]
