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
import io
import json
import os
import zipfile
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import (
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from host_sim.acquirer import scenario
from host_sim.bench.keypad import KEYS
from host_sim.face import recording, trying, views
from host_sim.face.face import SAMPLES, Choice
from host_sim.face.faults import FAULTS, REQUESTS
from host_sim.face.scripts import IN_RUN, LONGEST, brought, stories
from host_sim.face.scripts import story as story_of
from host_sim.face.words import words
from host_sim.web import diagram, images
from host_sim.web.api.app import make_api
from host_sim.web.api.sending import keep_telling
from host_sim.web.guard import LOOPBACK, Guard
from host_sim.web.live import Viewer
from host_sim.web.office.gate import routes
from host_sim.web.office.pages import PAGES
from host_sim.web.office.shop import house_of, keep_days

MOST_BROUGHT = 8 << 20      # bytes of a saved run
GONE = 4404                 # a socket's till is not here any more
STORY_S = 120               # the longest that a seed of the campaign may take
HERE = Path(__file__).parent
_pages = Jinja2Templates(HERE / "templates")


def make_app(face, hosts=LOOPBACK, token=None, masked=None, story=None, scripts=None):
    """The ASGI application of a Face; guard.Guard says what `hosts` and `token` are. masked(file):
    the bytes of a capture that may be handed on; story(seed): the words of a command that tells a
    seed of the campaign as JSON; `scripts`: a folder of key scripts to watch."""

    house = house_of(face)

    def till_of(request):
        till = face.site.tills.get(request.path_params["number"])
        if till is None:
            raise HTTPException(404, "there is no such till here")
        return till

    async def first(request):
        return RedirectResponse(f"/tills/{next(iter(face.site.tills))}", 307)

    async def page(request):
        if request.path_params["number"] not in face.site.tills:    # of another scenario
            return RedirectResponse("/", 307)
        till = till_of(request)
        told = words(request.query_params.get("lang") or _language(request))
        response = _pages.TemplateResponse(request, "till.html", {
            "till": till, "tills": face.site.tills, "keys": KEYS, "w": told,
            "diagram": diagram.svg(told.language), "choice": face.choice,
            "theirs": words(face.choice.language),
            "scenarios": [SAMPLES, *scenario.shipped()], "stories": stories(scripts),
            "requests": REQUESTS, "faults": FAULTS,
            "trying": trying.rows(face.site, till, told),
            "amounts": trying.amounts(face.site, till, told.language),
        })
        response.set_cookie("lang", told.language, samesite="strict")
        return response

    async def frame(request):
        till = till_of(request)
        try:
            passed = till.frames[request.path_params["n"]]
        except LookupError:
            raise HTTPException(404, "this packet is not kept any more") from None
        told = words(_language(request))
        return _pages.TemplateResponse(request, "frame.html", {
            "at": views.clock(face.site, passed.at_ms), "passed": passed, "w": told,
            "parts": views.parts(passed.packet, till.shop.mac, told) if passed.packet else []})

    async def script(request):
        till = till_of(request)
        return PlainTextResponse(recording.script(till, face.choice), headers={
            "Content-Disposition": f'attachment; filename="till-{till.number}.txt"'})

    def captured(till):
        size = os.fstat(till.capture.fileno()).st_size
        return masked(io.BytesIO(os.pread(till.capture.fileno(), size, 0)))

    async def capture(request):
        till = till_of(request)
        if till.capture is None or masked is None:
            raise HTTPException(404, "nothing is captured here")
        return _file(captured(till), f"till-{till.number}.pcapng")

    async def paper(request):
        printer = till_of(request).world.device.printer
        return _picture(printer.lines, printer.cuts)

    async def slip(request):
        try:
            _, lines = till_of(request).slips[request.path_params["n"]]
        except LookupError:
            raise HTTPException(404, "this voucher is not kept any more") from None
        return _picture(lines)

    async def run(request):
        till = till_of(request)
        first, slips = till.slips.since(0)
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as kept:
            kept.writestr(IN_RUN, recording.script(till, face.choice))
            if till.capture is not None and masked is not None:
                kept.writestr("capture.pcapng", captured(till))
            for number, (_, lines) in enumerate(slips, first + 1):
                kept.writestr(f"voucher-{number}.png", images.png(lines))
        return _file(made.getvalue(), f"till-{till.number}.zip")

    async def play(request):
        async with request.form(max_files=1, max_part_size=LONGEST) as form:
            upload = form.get("script")
            try:
                if hasattr(upload, "read"):
                    script = brought(await upload.read(MOST_BROUGHT))
                else:
                    script = story_of(scripts, str(form.get("story")))
                await face.change(script=script)
            except ValueError as error:
                raise HTTPException(400, str(error)) from None
        return RedirectResponse("/", 303)

    async def seeds(request):
        asked = request.query_params.get("seed", "0")
        if story is None or not asked.isascii() or not asked.isdigit() or len(asked) > 9:
            raise HTTPException(400, "a seed is a whole number")
        async with telling:
            process = await asyncio.create_subprocess_exec(
                *story(int(asked)), stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
            try:
                said, _ = await asyncio.wait_for(process.communicate(), STORY_S)
            except TimeoutError:
                process.kill()
                raise HTTPException(503, "this seed takes too long") from None
        told = words(_language(request))
        try:
            found = json.loads(said)
        except ValueError:
            raise HTTPException(500, "the campaign tells nothing of this seed") from None
        rows = [(line[:10].strip(), line[12:22].strip(), line[24:]) for line in found["story"]]
        return _pages.TemplateResponse(request, "seed.html", {"w": told, "it": found, "rows": rows})

    async def open_(request):
        async with request.form(max_files=0) as form:
            try:
                await face.change(Choice(str(form.get("scenario")),
                                         "en" if form.get("language") == "en" else "zh",
                                         int(str(form.get("seed") or 0))))
            except ValueError as error:
                raise HTTPException(400, str(error)) from None
        return RedirectResponse("/", 303)

    async def live(socket):
        number = socket.query_params.get("till")
        if number not in face.site.tills:
            await socket.accept()
            await socket.close(GONE)
            return
        await Viewer(face, number, "acks" in socket.query_params).attend(socket)

    telling = asyncio.Lock()

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
            Route("/tills/{number}", page),
            Route("/tills/{number}/frames/{n:int}", frame),
            Route("/tills/{number}/script", script),
            Route("/tills/{number}/capture", capture),
            Route("/tills/{number}/paper.png", paper),
            Route("/tills/{number}/slips/{n:int}", slip),
            Route("/tills/{number}/run", run),
            Route("/play", play, methods=["POST"]),
            Route("/seeds", seeds),
            Route("/open", open_, methods=["POST"]),
            WebSocketRoute("/live", live),
            *routes(house, PAGES),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Mount("/", make_api(house)),
        ],
        middleware=[Middleware(Guard, hosts=hosts, token=token)],
        lifespan=lifespan,
    )


def _language(request):
    """What was chosen once, or else what the browser asks for."""
    asked = request.headers.get("accept-language", "")
    return request.cookies.get("lang") or ("zh" if asked.startswith("zh") else "en")


def _file(data, name):
    return Response(data, media_type="application/octet-stream", headers={
        "Content-Disposition": f'attachment; filename="{name}"'})


def _picture(lines, cuts=()):
    return Response(images.png(lines, cuts), media_type="image/png")
