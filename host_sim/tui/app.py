"""The face in the text terminal: a Textual application around the counter."""
import sys
from contextlib import suppress

from rich.text import Text
from textual.app import App

from host_sim.tui.counter import Counter
from host_sim.tui.saving import save_capture, save_failure, save_script


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

    def _fatal_error(self):
        """In place of Textual's, which shows all values at hand, passwords too: say what went
        wrong and save the run."""
        error, counter = sys.exc_info()[1], self.counter
        lines = [counter.w["failed"].format(error=f"{type(error).__name__}: {error}")]
        for write in (lambda: save_failure(counter.save, error),
                      lambda: save_script(counter.save, counter.till, counter.face.choice),
                      lambda: save_capture(counter.save, counter.till, counter.masked)):
            with suppress(Exception):   # what can be saved is; nothing here may fail on its own
                lines.append(counter.w["saved"].format(path=write()))
        self.panic(Text("\n".join(lines)))
