"""A run's capture as it may be handed on: the line masked as a stranger's would be, the card's
track too, and whatever looks like a card number on a screen. Sample cards stay whole."""
from io import BytesIO

from host_sim.show.mask import TEST_CARDS, free_rows, free_text
from tools.capture.keys import Keys
from tools.capture.masking import Masker
from tools.capture.recording import Reading, Writer

COLUMNS = 16    # of the screen


def masked(file):
    """A capture (binary file, at its beginning) -> the bytes of one that may be handed on."""
    reading, made = Reading(file), BytesIO()
    writer, masker = Writer(made, reading.head.run), Masker(Keys())
    for packet in reading:
        data, notes = packet.data, packet.notes
        if packet.channel == "wire":
            data, more = masker.unit(data)
            notes = notes | more
        elif packet.channel == "screen":
            names = [name for name in ("row1", "row2", "row3", "row4") if name in notes]
            rows = tuple(notes[name] for name in names)
            shown = free_rows(rows, COLUMNS)
            if shown != rows:       # its pixels would tell it all the same
                data = bytes(len(data))
                notes = notes | {"masked": "screen"}
            notes = notes | dict(zip(names, shown, strict=True))
        elif packet.channel in ("keypad", "bench"):
            kept, data = data, _words(data)
            if data != kept:
                notes = notes | {"masked": "card"}
        writer.write(packet._replace(data=data, notes=notes))
    return made.getvalue()


def _words(data):
    """`read`, `swipe` and `scan` tell what a card or a code says."""
    verb, _, rest = data.decode("utf-8", "replace").partition(" ")
    if verb not in ("read", "swipe", "scan") or any(card in rest for card in TEST_CARDS):
        return data
    head, separator, tail = rest.partition("=")
    return f"{verb} {free_text(head)}{separator}{'*' * len(tail)}".encode()
