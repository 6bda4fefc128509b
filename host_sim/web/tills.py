"""The pages of a till: the terminal with its line and acquirer, one packet, and what may be saved.

What is saved goes through `masked` first: it may be handed on.
"""
import io
import os
import zipfile

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from host_sim.acquirer import scenario
from host_sim.bench.keypad import KEYS
from host_sim.face import recording, trying, views
from host_sim.face.face import SAMPLES
from host_sim.face.faults import FAULTS, REQUESTS
from host_sim.face.scripts import IN_RUN, stories
from host_sim.face.words import words
from host_sim.web import diagram, images
from host_sim.web.pages import language, pages


def routes(face, masked=None, scripts=None):
    """Routes of /tills/. masked(file): the bytes of a capture that may be handed on, None: none is;
    `scripts`: a folder of key scripts to watch."""

    def till_of(request):
        till = face.site.tills.get(request.path_params["number"])
        if till is None:
            raise HTTPException(404, "there is no such till here")
        return till

    async def page(request):
        if request.path_params["number"] not in face.site.tills:    # of another scenario
            return RedirectResponse("/", 307)
        till = till_of(request)
        told = words(request.query_params.get("lang") or language(request))
        response = pages.TemplateResponse(request, "till.html", {
            "till": till, "tills": face.site.tills, "keys": KEYS, "w": told,
            "diagram": diagram.svg(told.language), "choice": face.choice,
            "theirs": words(face.choice.language),
            "scenarios": [SAMPLES, *scenario.shipped()], "stories": stories(scripts),
            "requests": REQUESTS, "faults": FAULTS,
            "steps": trying.steps(face.site, till, told),
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
        told = words(language(request))
        return pages.TemplateResponse(request, "frame.html", {
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

    return [
        Route("/tills/{number}", page),
        Route("/tills/{number}/frames/{n:int}", frame),
        Route("/tills/{number}/script", script),
        Route("/tills/{number}/capture", capture),
        Route("/tills/{number}/paper.png", paper),
        Route("/tills/{number}/slips/{n:int}", slip),
        Route("/tills/{number}/run", run),
    ]


def _file(data, name):
    return Response(data, media_type="application/octet-stream", headers={
        "Content-Disposition": f'attachment; filename="{name}"'})


def _picture(lines, cuts=()):
    return Response(images.png(lines, cuts), media_type="image/png")
