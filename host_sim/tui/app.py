"""The face in the text terminal: a Textual application around the counter."""
from textual.app import App

from host_sim.tui.counter import Counter


class TerminalApp(App):
    """`arguments` are Counter's. The Face's clock runs as long as this does."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [("ctrl+c", "quit", "")]
    TITLE = "tuidan"

    def __init__(self, face, *arguments, **known):
        super().__init__()
        self._face = face
        self.counter = Counter(face, *arguments, **known)

    async def on_mount(self):
        self.counter.switch_on()
        if self.counter.port is not None:
            self.counter.port.attend(self._face)
        self._face.start()
        await self.push_screen(self.counter)

    async def on_unmount(self):
        if self.counter.port is not None:
            self.counter.port.leave()
        await self._face.stop()
