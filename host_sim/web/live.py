"""The live line to one browser: what changed goes out, what is done comes in.

A browser is sent the present state of a topic, never a queue of old ones: one that is slow, or
comes back, sees what is true now, and costs no memory meanwhile. One that says so (`acks` in its
address) is sent the next message only when it has `taken` the one before.
"""
import asyncio
import json

from starlette.websockets import WebSocketDisconnect

from host_sim.face import views
from host_sim.web import images

FRAME_S = 0.015     # between two messages at least
LONGEST = 1_000     # characters of a message from a browser


class Viewer:
    """One browser that looks at one till. `seen`: topic -> the version it has."""

    def __init__(self, face, number, acks=False):
        self._acks = acks
        self._taken = asyncio.Event()
        self._face = face
        self._number = number
        self._seen = {}
        self._lines = self._frames = 0
        self._changed = asyncio.Event()
        self._generation = None

    async def attend(self, socket):
        """Until the browser goes."""
        await socket.accept()
        self._face.viewers.add(self._changed)
        try:
            async with asyncio.TaskGroup() as both:     # if one fails, so does the line
                both.create_task(self._send(socket))
                await self._receive(socket)
        except* WebSocketDisconnect:
            pass
        finally:
            self._face.viewers.discard(self._changed)

    async def _receive(self, socket):
        while True:
            text = await socket.receive_text()
            try:
                self._do(text)
            except ValueError as error:
                await socket.send_json({"error": str(error)})

    async def _send(self, socket):
        while True:
            self._changed.clear()
            news = self._news()
            if news:
                self._taken.clear()
                await socket.send_text(json.dumps(news, ensure_ascii=False))
                if self._acks:
                    await self._taken.wait()
            await self._changed.wait()
            await asyncio.sleep(FRAME_S)

    def _news(self):
        """{topic: its present state} of what this browser has not seen."""
        face, site = self._face, self._face.site
        if self._generation is None:
            self._generation = face.generation
        if self._generation != face.generation:
            return {"reload": True}
        till = site.tills[self._number]
        made = {
            "screen": (till.versions["screen"], lambda: images.screen(till)),
            "paper": (till.versions["paper"], lambda: images.paper(till, self._lines)),
            "wire": (till.versions["wire"], lambda: views.wire(site, till, self._frames)),
            "till": (till.versions["till"], lambda: views.state(site, till)),
            "acquirer": (site.versions["acquirer"], lambda: views.acquirer(site)),
            "clock": ((site.versions["clock"], site.now_ms // 200),
                      lambda: {"now": views.clock(site, site.now_ms), "speed": face.pace.speed}),
        }
        news = {}
        for topic, (version, look) in made.items():
            if self._seen.get(topic) != version:
                self._seen[topic] = version
                news[topic] = look()
        self._lines, self._frames = till.lines.count, till.frames.count
        return news

    def _do(self, text):
        """One deed of the person before the browser. ValueError says what is wrong with it."""
        if len(text) > LONGEST:
            raise ValueError("too long")
        deed = json.loads(text)
        if not isinstance(deed, dict):
            raise ValueError("not an object")
        if "taken" in deed:
            self._taken.set()
            return
        site, till = self._face.site, self._face.site.tills.get(self._number)
        if till is None:
            raise ValueError("this till is not here any more")
        if "key" in deed:
            site.key(till, deed["key"], deed.get("down") is True)
        elif "do" in deed:
            site.do(till, str(deed["do"]))
        elif "speed" in deed:
            self._face.pace.speed = deed["speed"]
        elif "step" in deed:
            self._face.pace.step(None if deed["step"] is True else deed["step"])
        else:
            raise ValueError("nothing to do in it")
        self._face.pace.wake()
