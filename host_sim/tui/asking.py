"""What lies over the counter for a moment: a list to choose from, a line to type, help."""
from rich.text import Text
from textual import on
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option


class Over(ModalScreen):
    """Ends with None by Esc or q."""

    CSS_PATH = "over.tcss"
    BINDINGS = [Binding("escape,q,question_mark", "leave", show=False)]

    def __init__(self, title):
        super().__init__()
        self._title = title

    def action_leave(self):
        self.dismiss(None)


class Choose(Over):
    """One of `rows` of (text, value): ends with the value."""

    def __init__(self, title, rows):
        super().__init__(title)
        self._rows = rows

    def compose(self):
        with Vertical(id="over") as box:
            box.border_title = Text(self._title)
            yield OptionList(*(Option(Text(text)) for text, _value in self._rows))

    @on(OptionList.OptionSelected)
    def _chosen(self, event):
        self.dismiss(self._rows[event.option_index][1])


class Line(Over):
    """A line of text: ends with it."""

    BINDINGS = [Binding("escape", "leave", show=False)]

    def __init__(self, title, hint):
        super().__init__(title)
        self._hint = hint

    def compose(self):
        with Vertical(id="over") as box:
            box.border_title = Text(self._title)
            yield Input(placeholder=self._hint)

    @on(Input.Submitted)
    def _typed(self, event):
        self.dismiss(event.value)


class Page(Over):
    """A text to read."""

    def __init__(self, title, text):
        super().__init__(title)
        self._text = text

    def compose(self):
        with VerticalScroll(id="over") as box:
            box.border_title = Text(self._title)
            yield Static(Text(self._text))
