"""One request in hand, and the answer that a handler gives to it.

A handler gets a Call whose form, terminal and MAC are already checked, and returns an Answer.
"""

from collections import namedtuple
from datetime import datetime

from sqlalchemy import Connection, Row

from host_sim.acquirer.faults import Faults
from host_sim.acquirer.ledger import Key
from host_sim.acquirer.terms import Terms

# The response code (F39), the reply's fields that the handler knows ({number: value}), and for a
# sign-on the Mac of the keys that the reply brings. The server fills in the other fields.
Answer = namedtuple("Answer", "code fields mac", defaults=({}, None))

# A request: the transaction's name in MESSAGES, its fields, the tags of its F62, batch and network
# code of its F60, original batch, STAN and MMDD of its F61 (None without one).
Request = namedtuple("Request", "name fields tags batch network original")


class Call:
    """A checked request with what a handler needs to answer it."""

    def __init__(
        self,
        request: Request,
        terminal: Row,
        connection: Connection,
        now: datetime,
        keyring,
        faults: Faults,
        terms: Terms,
        mac=None,
    ):
        self.request = request
        self.terminal = terminal
        self.connection = connection
        self.now = now
        self.keyring = keyring
        self.faults = faults
        self.terms = terms
        self.mac = mac  # under which the request's MAC was right

    @property
    def amount_fen(self) -> int:
        return int(self.request.fields[4])

    def key(self, dated: str) -> Key:
        """The transaction's key; `dated` is DF0C for a refund, empty for a void or sale."""
        stan = int(self.request.fields[11])
        return Key(self.terminal.terminal_id, self.request.batch, stan, dated)
