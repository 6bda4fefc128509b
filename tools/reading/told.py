"""What a reader is told of a capture, one Told a thing that happened."""
from dataclasses import dataclass, field
from unicodedata import category

TERMINAL_TO_HOST, HOST_TO_TERMINAL = "terminal -> host", "host -> terminal"
WAYS = {"out": TERMINAL_TO_HOST, "in": HOST_TO_TERMINAL}

# What can look wrong, and what that is called.
WRONG = {
    "frame": "frame damaged",
    "lrc": "wrong LRC",
    "nak": "NAK",
    "no ack": "no ACK",
    "noise": "noise on the line",
    "packet": "no packet",
    "field": "field fault",
    "mac": "MAC invalid",
    "keys": "keys wrong",
    "stan": "STAN reused",
    "no request": "reply without request",
    "no reply": "no reply",
    "differs": "reply is not the request's",
    "late": "late reply",
    "file": "file damaged",
}


@dataclass(slots=True)
class Told:
    """`number`: of the packet in the file, from 1. `kind`: "message", "ack", "nak", "noise",
    "missing" (something that did not come), "keys", "read", "screen", "paper", "bench", "other".

    `wrong`: list of (a key of WRONG, words); `about`: the number of the packet that this is about.
    A message has `packet` (bytes from the TPDU on), `message` (None if it cannot be decoded),
    `mac`, `repeat` (it is one) and `masked` (what of it was masked at capture, as the note has it:
    of such a packet nothing secret is left to reveal). A screen has `rows` (texts) and `pixels`,
    paper has `rows` (host_sim.bench.printer.Line).
    """
    number: int
    at_us: int
    channel: str
    kind: str
    words: str
    way: str | None = None
    wrong: list = field(default_factory=list)
    about: int | None = None
    packet: bytes = b""
    message: object = None
    mac: str = ""
    repeat: bool = False
    masked: str = ""
    rows: tuple = ()
    pixels: bytes = b""


def printable(text):
    """A text without what could move the cursor of a terminal or break its line."""
    return text if text.isprintable() else "".join(
        "\N{REPLACEMENT CHARACTER}" if category(char)[0] == "C" or category(char) in ("Zl", "Zp")
        else char for char in text)


def clock(at_us):
    """Microseconds since 1970 -> '09:31:07.412'."""
    seconds, us = divmod(at_us, 1_000_000)
    return f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{us // 1000:03}"


def span(us):
    """Microseconds -> '60.0 s', '75 ms'."""
    return f"{us / 1_000_000:.1f} s" if abs(us) >= 1_000_000 else f"{us // 1000} ms"
