"""Keys, screens, paper and what was done around the terminal, told in words.

What of it is not to be seen is hiding.py's to say; nothing is told before it was asked.
"""

from host_sim.bench.printer import PaperPrinter
from host_sim.bench.reader import Reader
from host_sim.show import mask
from tools.reading import around
from tools.reading.hiding import hides, is_typing, no_card, shown
from tools.reading.told import Told

SCREEN_BYTES = 1024
UNITS = 64      # strips of paper are told in pieces of so many lines


class People:
    """tell() gives what there is to say of a packet of these channels, rest() what waits."""

    def __init__(self, reveal=False):
        self._reveal = reveal
        self._rows = None           # of the last screen; None: nothing is known of it
        self._keys = []             # [number, at_us, names], told with the screen behind them
        self._waiting = []          # names whose screen is still to come
        self._noted = ()            # its rows before anything was hidden
        self._typing = None         # the screen that shows what is being typed
        self._printer = PaperPrinter()
        self._paper = []            # (number, at_us) and lines of the strip that comes out
        self._reader = None

    def tell(self, number, packet):
        """Told of a recording.Packet that is not of the wire, a list."""
        channel = packet.channel
        if channel == "paper":
            return self._print(number, packet)
        if channel == "keypad" and packet.data[:3] == b"up ":
            return []
        told = [*self._strip()]
        if channel == "keypad":
            told += self._key(number, packet)
        elif channel == "screen":
            told += self._screen(number, packet)
        else:
            told += self.rest()
            if channel == "bench":
                words = packet.data.decode("utf-8", "replace")
                words = around.told(words if self._reveal else mask.free_text(words))
                told.append(Told(number, packet.at_us, channel, "bench", words))
            else:
                told.append(Told(number, packet.at_us, channel, "other",
                                 f"{len(packet.data)} bytes of {channel}"))
        return told

    def rest(self):
        """What was still waiting to be told together."""
        return [*self._strip(), *self._typed()]

    # keys and screens

    def _key(self, number, packet):
        words = packet.data.decode("utf-8", "replace")
        what, _, name = words.partition(" ")
        if what == "read":
            return [*self._typed(), Told(number, packet.at_us, "keypad", "read", self._read(name))]
        if not self._keys:
            self._keys = [number, packet.at_us, []]
        self._waiting.append(name if what == "down" else words)
        return []

    def _read(self, line):
        if self._reveal:
            return f"the reader says {line}"
        number, track, _ = line.lstrip(";").partition("=")
        if line.startswith(";") or track:
            known = number if number in mask.TEST_CARDS else "number hidden" if not track \
                else mask.card_number(number)
            return f"card swiped: {known}"
        return f"code of {len(line.strip())} characters scanned"

    def _screen(self, number, packet):
        rows = self._rows_of(packet)
        self._settle(rows)
        before, self._rows = self._rows, rows
        whole = len(packet.data) == SCREEN_BYTES and (self._reveal or not any(
            mask.MASK in row and row != noted for row, noted in
            zip(rows, self._noted, strict=True)))
        screen = Told(number, packet.at_us, "screen", "screen", "", rows=rows,
                      pixels=packet.data if whole else b"")
        screen.words = " | ".join(row or "-" for row in rows)
        if self._keys and before is not None and is_typing(before, rows, self._keys[2]):
            self._typing = screen
            return []
        told = [*self._typed(), screen]
        return told

    def _rows_of(self, packet):
        noted = tuple(packet.notes.get(f"row{number}", "") for number in range(1, 5))
        if not any(noted) and len(packet.data) == SCREEN_BYTES and any(packet.data):
            self._reader = self._reader or Reader()
            noted = tuple(self._reader.rows(packet.data))
        self._noted = noted
        return noted if self._reveal else shown(noted)

    def _settle(self, after):
        """Now it is known what the keys that wait went to."""
        if self._keys:
            hide = hides(self._rows, after)
            self._keys[2] += [mask.MASK if hide and name.isdigit() else name
                              for name in self._waiting] if not self._reveal else self._waiting
            self._waiting = []

    def _typed(self):
        """The keys so far as one Told, and the screen as they left it."""
        if not self._keys:
            return []
        self._settle(None)
        (number, at_us, names), self._keys = self._keys, []
        screen, self._typing = self._typing, None
        words = "pressed " + " ".join(names if self._reveal else no_card(names))
        return [Told(number, at_us, "keypad", "keys", words), *([screen] if screen else [])]

    # paper

    def _print(self, number, packet):
        told = []
        if not self._paper:
            told += self._typed()
            self._paper = [number, packet.at_us]
        self._printer.receive(packet.data)
        if len(self._printer.lines) >= UNITS or self._printer.cuts:
            told += self._strip()
        return told

    def _strip(self):
        lines, self._printer.lines = self._printer.lines, []
        self._printer.cuts = []
        begun, self._paper = self._paper, []
        if not lines:
            return
        number, at_us = begun
        if not self._reveal:
            lines = [line._replace(text=mask.free_text(line.text)) for line in lines]
        yield Told(number, at_us, "paper", "paper", "printed:", rows=tuple(lines))
