"""Sign-on, sign-off and echo.

A sign-on makes new working keys every time; the terminal holds them only once a request of its
own has verified under them.
"""

from host_sim.acquirer import ledger
from host_sim.acquirer.call import Answer, Call
from host_sim.acquirer.keys import NoSuchKey
from protocol import tlv
from protocol.subfields import f60


def echo(_call: Call) -> Answer:
    """0820, network code 301: the line and both ends are there."""
    return Answer("00")


def sign_off(_call: Call) -> Answer:
    """0820, network code 002. The keys stay good: an open refund still needs them."""
    return Answer("00")


def sign_on(call: Call) -> Answer:
    """0800: keys, then what a terminal needs to go on where it was (DF0F, DF11, DF12)."""
    mode = call.request.network
    try:
        issued = call.keyring.issue(call.connection, call.terminal, mode)
    except NoSuchKey:
        return Answer("40")
    batch = call.terminal.batch
    last_stan = ledger.last_stan(call.connection, call.terminal.terminal_id, batch)
    where_it_was = tlv.pack(
        [
            ("DF0F", f"{last_stan:06d}"),
            ("DF11", call.terminal.name),
            ("DF12", f"{call.now:%Y%m%d}"),
        ]
    )
    fields = {
        37: ledger.next_rrn(call.connection, call.now),
        60: f60("00", batch, mode),
        62: issued.wrapped + where_it_was,
    }
    return Answer("00", fields, issued.mac)
