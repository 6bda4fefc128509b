"""The host's keys: a master key for each terminal, working keys made at sign-on, the card token.

Only what is encrypted under a master key reaches the database; master keys and the token key are
handed in and stay in memory. No key is ever part of a text.
"""

import hmac
from collections import OrderedDict, namedtuple
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from host_sim.acquirer.ledger import prove_key_set
from host_sim.acquirer.schema import key_set
from protocol.errors import WireFault
from protocol.keys import unwrap_working_keys
from protocol.mac import KEY_SIZES, MAC_SIZE, Mac
from protocol.pin import PinKey
from protocol.reference.ciphers import Ciphers
from protocol.reference.keys import DrawAgain, wrap_working_keys
from protocol.reference.tr31 import PADDING, wrapped

PIK_SIZE = 16
# F60.3 of a sign-on: bytes of the MAK, and of the TDK if the terminal wants one.
MODES = {"001": (8, 0), "003": (16, 0), "004": (16, 16)}

_CACHED_MACS = 4096
_MTI_AT = 11

# What the host keeps outside its database: tmk_of(terminal number) gives 16 bytes, or None for a
# terminal that has no master key; token_key keys the card tokens.
Secrets = namedtuple("Secrets", "tmk_of token_key")

# What a sign-on made: the wrapped keys as F62 begins, and the Mac under the new MAK.
Issued = namedtuple("Issued", "wrapped mac")

_SETS = (
    select(key_set)
    .where(key_set.c.terminal_id == bindparam("terminal_id"))
    .order_by(key_set.c.number.desc())
)
_NEW_SET = insert(key_set)
_DROP = delete(key_set).where(
    key_set.c.terminal_id == bindparam("terminal_id"), key_set.c.number == bindparam("number")
)


class NoSuchKey(Exception):
    """The terminal's MAC algorithm has no key of the length that the sign-on asks for."""


def token(key: bytes, number: str) -> bytes:
    """The 8 bytes that stand for a card or wallet number (tag DF0D), keyed by the host."""
    return hmac.digest(key, number.encode(), "sha256")[:8]


def pin_value(key: bytes, number: str, pin: str) -> bytes:
    """The 8 bytes by which an issuer knows the PIN of a card."""
    return hmac.digest(key, f"PIN {number} {pin}".encode(), "sha256")[:8]


class Keyring:
    """Makes, opens and remembers keys. `rng`: random.Random or alike."""

    def __init__(self, rng, secrets: Secrets):
        self._rng = rng
        self._secrets = secrets
        self._ciphers = Ciphers()
        self._macs: OrderedDict = OrderedDict()
        self._behind: WeakKeyDictionary = WeakKeyDictionary()  # Mac: terminal, wrapped keys

    def token(self, number: str) -> bytes:
        """The 8 bytes that stand for a card or wallet number."""
        return token(self._secrets.token_key, number)

    def pin_value(self, number: str, pin: str) -> bytes:
        """The 8 bytes by which an issuer knows a card's PIN."""
        return pin_value(self._secrets.token_key, number, pin)

    def pin_key(self, mac: Mac) -> PinKey:
        """What opens F52: the PIK of the set whose Mac let the request in."""
        terminal_id, wrapped = self._behind[mac]
        keys = unwrap_working_keys(wrapped, self._secrets.tmk_of(terminal_id), self._ciphers)
        return keys.pin_key(self._ciphers)

    def has_master_key(self, terminal_id: str) -> bool:
        return self._secrets.tmk_of(terminal_id) is not None

    @property
    def ciphers(self):
        return self._ciphers

    def key_block(self, terminal_id: str, key: bytes) -> tuple[bytes, str]:
        """A terminal's master key, and the same as a TR-31 block under `key`."""
        tmk = self._secrets.tmk_of(terminal_id)
        return tmk, wrapped(tmk, key, self._ciphers, self._rng.randbytes(PADDING))

    def issue(self, connection: Connection, terminal: Row, mode: str) -> Issued:
        """New working keys for a terminal, which joins them to those that are still good.

        Good are: the set that the terminal has proved to hold last, the one that it proved
        before, and the newest two, whose 0810 may not have arrived. Raises NoSuchKey if the
        terminal's MAC has no key of that size.
        """
        mak_size, tdk_size = MODES[mode]
        if mak_size not in KEY_SIZES[terminal.mac]:
            raise NoSuchKey
        wrapped = self._draw(self._secrets.tmk_of(terminal.terminal_id), mak_size, tdk_size)
        numbers = [row.number for row in _rows(connection, terminal.terminal_id)]
        number = max(numbers, default=0) + 1
        unproved = range(terminal.proved_set + 1, number - 1)
        _drop(connection, terminal.terminal_id, [n for n in numbers if n in unproved])
        connection.execute(
            _NEW_SET,
            {"terminal_id": terminal.terminal_id, "number": number, "wrapped": wrapped},
        )
        return Issued(wrapped, self._mac(terminal, wrapped))

    def verify(self, connection: Connection, rows: Sequence[Row], packet: bytes) -> Mac | None:
        """The Mac under whichever good key set a packet's F64 verifies, None under none; `rows`
        from ledger.find_terminal."""
        covered, f64 = packet[_MTI_AT:-MAC_SIZE], packet[-MAC_SIZE:]
        for row in rows:
            if row.wrapped is None:
                break
            try:
                mac = self._mac(row, row.wrapped)
            except WireFault:  # it went out under a master key that was replaced since
                continue
            if mac.verify(covered, f64):
                if row.number > row.proved_set:
                    older = [r.number for r in rows if r.number < row.number]
                    gone = [n for n in older if n != row.proved_set]
                    _drop(connection, row.terminal_id, gone)
                    prove_key_set(connection, row.terminal_id, row.number)
                return mac
        return None

    def _draw(self, tmk, mak_size, tdk_size):
        """New keys as the 0810 carries them; drawn again where they could be misread."""
        while True:
            pik, mak = self._rng.randbytes(PIK_SIZE), self._rng.randbytes(mak_size)
            tdk = self._rng.randbytes(tdk_size) if tdk_size else None
            try:
                return wrap_working_keys(pik, mak, tmk, self._ciphers, tdk)
            except DrawAgain:
                continue

    def _mac(self, terminal, wrapped):
        at = (terminal.terminal_id, wrapped)
        if at not in self._macs:
            tmk = self._secrets.tmk_of(terminal.terminal_id)
            keys = unwrap_working_keys(wrapped, tmk, self._ciphers)
            self._macs[at] = keys.mac(terminal.mac, self._ciphers)
            self._behind[self._macs[at]] = at
            if len(self._macs) > _CACHED_MACS:
                self._macs.popitem(last=False)
        return self._macs[at]


def _rows(connection, terminal_id):
    return connection.execute(_SETS, {"terminal_id": terminal_id}).all()


def _drop(connection, terminal_id, numbers):
    for number in numbers:  # one, as a rule
        connection.execute(_DROP, {"terminal_id": terminal_id, "number": number})
