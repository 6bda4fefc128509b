"""The diagnostic log: what happened to this terminal, one line each, in a ring of small pages.

It lies on the second volume alone, makes room for everything else, and stands in nobody's way: a
line that cannot be written is lost. What goes in is masked.
"""

import io
import sys

from micropython import const

from firmware.storage import get, make_folder, put
from firmware.version import VERSION

FOLDER = const("log")
PAGES = const(6)
_PAGE_BYTES = const(256)  # littlefs keeps so little in the folder itself: one block pair for all
_SPARE_BLOCKS = const(8)  # with fewer, there is no log
_HEAD = const(7)  # bytes of a page's running number and its line's end
_STAMP = const(16)  # bytes of a line's date and time
_LONGEST = const(80)  # bytes of what it says
_MOST_DIGITS = const(11)  # in a row: more may be of a card or a key


def note(terminal, what, detail=""):
    """Never fails. `what`: a word of ours; `detail`: more of it, masked. A line that says what the
    one before said is not written again: the flash has better to do. Training is not noted."""
    if terminal.training is not None:
        return
    date, time = terminal.date_and_time()
    said = masked((what + " " + detail).strip(" ").encode())[:_LONGEST]
    storage = terminal.storage
    try:
        if _has_room(storage):
            _add(storage, ("%s-%s " % (date, time)).encode(), said + b"\n")
        else:
            give_way(storage)
    except OSError:
        pass


def booted(terminal):
    note(terminal, "boot", "%s mended %d" % (VERSION, terminal.storage.mended))


def crash(terminal, error):
    """A fault of ours: its type and its place, and nothing of what it says, for that may be
    anything."""
    text = io.StringIO()
    sys.print_exception(error, text)
    place = text.getvalue().split('File "')[-1].split("\n")[0]
    for room in ("firmware", "protocol"):
        if room in place:
            place = place[place.rindex(room) :]
    note(terminal, "crash", type(error).__name__ + " " + place.replace('"', ""))


def lines(storage):
    """All lines, oldest first, as text."""
    found = []
    for _, _, page in sorted(_pages(storage)):
        found += [line.decode() for line in _printable(page)[_HEAD:].split(b"\n") if line]
    return found


def give_way(storage):
    """Its room is somebody else's now. False if it had none."""
    gone = False
    for number in range(PAGES):
        try:
            storage.volumes[1].remove(_path(number))
            gone = True
        except OSError:
            pass
    return gone


def masked(data):
    """Printable ASCII; long runs of hexadecimal digits keep their first six and last four."""
    out = bytearray()
    run = 0
    for byte in data + b"\n":
        if 0x30 <= byte <= 0x39 or 0x41 <= byte & 0xDF <= 0x46:
            run += 1
        else:
            if run > _MOST_DIGITS:
                out[len(out) - run + 6 : len(out) - 4] = b"****"
            run = 0
        out.append(byte if 0x20 <= byte < 0x7F else 0x3F)
    return bytes(out[:-1])


def _add(storage, stamp, said):
    pages = sorted(_pages(storage))
    if not pages:
        make_folder(storage.volumes[1], FOLDER)
    running, number, page = pages[-1] if pages else (0, PAGES - 1, b"")
    if page[:-1].split(b"\n")[-1][_STAMP:] + b"\n" == said:
        return
    if not page or len(page) + len(stamp) + len(said) > _PAGE_BYTES:
        running += 1
        number = (number + 1) % PAGES
        page = ("%06d\n" % (running % 1000000)).encode()
    put(storage.volumes[1], _path(number), "wb", _printable(page) + stamp + said)


def _pages(storage):
    """[(running number, number, bytes)] of those that are there and whole."""
    found = []
    for number in range(PAGES):
        page = get(storage.volumes[1], _path(number))
        if page and len(page) > _HEAD + _STAMP and page[:6].isdigit() and page[-1:] == b"\n":
            found.append((int(page[:6]), number, page))
    return found


def _printable(page):
    """What a flipped bit made of it is no control character."""
    return bytes([byte if byte == 0x0A or 0x20 <= byte < 0x7F else 0x3F for byte in page])


def _has_room(storage):
    blocks, free = storage.volumes[1].statvfs("/")[2:4]
    return _SPARE_BLOCKS <= free <= blocks


def _path(number):
    return "%s/%d" % (FOLDER, number)
