"""What opens another world in the place of the one that is there: a scenario, a story, a saved run;
and a seed of the campaign, told.

What cannot be opened leaves everything as it was, and the page says why.
"""
import asyncio
import json

from starlette.responses import RedirectResponse
from starlette.routing import Route

from host_sim.face.face import Choice
from host_sim.face.scripts import LONGEST, MOST_BROUGHT, brought
from host_sim.face.scripts import story as story_of
from host_sim.face.words import words
from host_sim.web.pages import language, pages

STORY_S = 120               # the longest that a seed of the campaign may take


def routes(face, story=None, scripts=None):
    """Routes of /open, /play and /seeds. story(seed): the words of a command that tells a seed of
    the campaign as JSON; `scripts`: a folder of key scripts to watch."""
    telling = asyncio.Lock()

    def refused(request, reason, code=400):
        return pages.TemplateResponse(request, "refused.html", {
            "w": words(language(request)), "reason": reason}, code)

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
                return refused(request, str(error))
        return RedirectResponse("/", 303)

    async def seeds(request):
        asked = request.query_params.get("seed", "0")
        if story is None or not asked.isascii() or not asked.isdigit() or len(asked) > 9:
            return refused(request, "a seed is a whole number")
        async with telling:
            process = await asyncio.create_subprocess_exec(
                *story(int(asked)), stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
            try:
                said, _ = await asyncio.wait_for(process.communicate(), STORY_S)
            except TimeoutError:
                process.kill()
                return refused(request, "this seed takes too long", 503)
        told = words(language(request))
        try:
            found = json.loads(said)
        except ValueError:
            return refused(request, "the campaign tells nothing of this seed", 500)
        rows = [(line[:10].strip(), line[12:22].strip(), line[24:]) for line in found["story"]]
        return pages.TemplateResponse(request, "seed.html", {"w": told, "it": found, "rows": rows})

    async def open_(request):
        async with request.form(max_files=0) as form:
            try:
                await face.change(Choice(str(form.get("scenario")),
                                         "en" if form.get("language") == "en" else "zh",
                                         int(str(form.get("seed") or 0))))
            except ValueError as error:
                return refused(request, str(error))
        return RedirectResponse("/", 303)

    return [
        Route("/play", play, methods=["POST"]),
        Route("/seeds", seeds),
        Route("/open", open_, methods=["POST"]),
    ]
