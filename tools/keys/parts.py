"""Keys in components: made, read, put together. A check value says which component is wrong.

A key is of one use and is taken for no other; no text form, error or log shows a digit of one. The
file of a component is its owner's alone (mode 600).
"""
import os
import secrets
import sys
from dataclasses import dataclass, field
from functools import reduce
from getpass import getpass
from pathlib import Path
from typing import NamedTuple

from protocol.activation import opened, xored
from protocol.errors import LocalMisuse, WireFault
from protocol.keys import KCV_SIZE, kcv
from protocol.reference import tr31
from protocol.reference.ciphers import Ciphers

CIPHERS = Ciphers()
STDIN = "-"
SUFFIX = ".component"


class Use(NamedTuple):
    """Bytes that such a key may have, whether each is of odd parity, its kind in a TR-31 block."""
    sizes: tuple
    odd: bool
    kind: str | None


# The check value is DES's for all of them, as in the 0810. `unionpay-ecb` has no letter of its own:
# its MAK goes as that of the retail MAC. SM4 has none.
USES = {
    "kbpk": Use((16,), True, None), "tmk": Use((16,), True, tr31.TMK),
    "pik": Use((16,), True, "P0TE"), "mak": Use((16, 8), True, "M3TC"),
    "mak-aes": Use((16,), False, "M6AC"), "mak-sm4": Use((16,), False, None),
    "tdk": Use((16,), True, "D0TE"),
}


class Wrong(Exception):
    """A finding about a key, in one line: exit code 1."""


class Misuse(Exception):
    """Wrong usage, in one line: exit code 2."""


@dataclass(frozen=True)
class Key:
    """Of one of USES; `value` shows in no text form."""
    use: str
    value: bytes = field(repr=False)

    @property
    def kcv(self):
        return kcv(self.value, CIPHERS).hex().upper()


def generate(use, count, size=None):
    """`count` components of a new key -> ([Key], the whole Key). LocalMisuse for a size that the
    use does not have."""
    size = size or USES[use].sizes[0]
    if size not in USES[use].sizes:
        raise LocalMisuse("key", f"a {use} has no {size} bytes")
    parts = [Key(use, _parity(use, secrets.token_bytes(size))) for _ in range(count)]
    return parts, combined(use, parts)


def combined(use, parts):
    """The Key that components make; its parity is set, which is nothing that DES looks at."""
    if len({len(part.value) for part in parts}) > 1:
        raise Wrong("the components differ in length")
    whole = Key(use, _parity(use, reduce(xored, [part.value for part in parts])))
    if len(whole.value) not in USES[use].sizes:
        raise Wrong(f"a {use} has no {len(whole.value)} bytes")
    if len(whole.value) == 16 and whole.value[:8] == whole.value[8:]:
        raise Wrong(f"both halves of the {use} are alike: that is no more than single DES")
    return whole


def _parity(use, value):
    if not USES[use].odd:
        return value
    return bytes(byte & 0xFE | (byte >> 1).bit_count() % 2 ^ 1 for byte in value)


def write(folder, name, use, parts):
    """A file for each component, none of which may be there -> their paths. OSError."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    paths = [Path(folder, f"{name}-{at}{SUFFIX}") for at in range(1, len(parts) + 1)]
    there = [path for path in paths if path.exists()]
    if there:
        raise FileExistsError(17, "is there already, and a key is never written over",
                              str(there[0]))
    for at, (path, part) in enumerate(zip(paths, parts, strict=True), 1):
        with open(path, "x", opener=_private) as file:
            file.write(f"# {use}, component {at} of {len(parts)}\n{text(part)}\n")
    return paths


def _private(name, flags):
    return os.open(name, flags, 0o600)


def text(part):
    """A component as its holder keeps it: the digits and their check value."""
    return f"{part.value.hex().upper()} {part.kcv}"


def load(use, paths):
    """The Key made of the components in these files, one a line; `-` is standard input."""
    return combined(use, components(use, paths))


def components(use, paths):
    """[Key] of each line of these files. Raises Wrong, which names the component and where it
    stands, and never what it says. OSError."""
    found = []
    for path in paths:
        lines = _typed() if path == STDIN else enumerate(_lines(path), 1)
        for number, line in lines:
            if line.strip() and not line.lstrip().startswith("#"):
                place = "standard input" if path == STDIN else path
                found.append(_read(use, line.split(), f"component {len(found) + 1} ({place}, "
                                                      f"line {number})"))
    if not found:
        raise Wrong(f"no component in {', '.join(paths)}")
    return found


def _lines(path):
    return Path(path).read_text(encoding="ascii", errors="replace").splitlines()


def _typed():
    """Lines of standard input; from a keyboard they are not echoed."""
    if not sys.stdin.isatty():
        yield from enumerate(sys.stdin, 1)
        return
    for number in range(1, 10):
        line = getpass(f"component {number} and its check value (ENTER alone ends): ")
        if not line.strip():
            return
        yield number, line


def _read(use, words, where):
    try:
        digits, check = "".join(words[:-1]), bytes.fromhex(words[-1])
        value = bytes.fromhex(digits)
    except ValueError:
        raise Wrong(f"{where}: these are no hexadecimal digits") from None
    if len(value) not in (8, 16) or not 3 <= len(check) <= KCV_SIZE:
        raise Wrong(f"{where}: is not 32 (or 16) digits and a check value of 6 or 8")
    if kcv(value, CIPHERS)[:len(check)] != check:
        raise Wrong(f"{where}: the check value {check.hex().upper()} is not that of these digits")
    return Key(use, value)


def block(key, under):
    """The TR-31 block of a Key under a KBPK."""
    kind = USES[key.use].kind
    if kind is None:
        raise Wrong(f"TR-31 has no kind of key for a {key.use}")
    return tr31.wrapped(key.value, under.value, CIPHERS, secrets.token_bytes(tr31.PADDING), kind)


def unblock(path, under, use=None):
    """The Key in a file's TR-31 block; `-` is standard input. `use`: what it has to be for."""
    data = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    try:
        kind, value = opened(data.decode("ascii").strip(), under.value, CIPHERS)
    except (UnicodeDecodeError, WireFault):
        raise Wrong(f"no key block under the kbpk {under.kcv}: another one, or digits that were "
                    "changed") from None
    found = next((name for name, row in USES.items() if row.kind == kind), None)
    if found is None or len(value) not in USES[found].sizes:
        raise Wrong(f"a key block of the kind {kind}, which is of no use here")
    if use not in (None, found):
        raise Wrong(f"the block holds a {found}, and no {use}: a key of one use is none of another")
    return Key(found, value)
