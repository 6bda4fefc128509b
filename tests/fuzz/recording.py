"""Real runs of the whole terminal, from which the fuzz tests take packets that are right.

The same run every time: the shop is deterministic, so a recording is a constant.
"""

from functools import cache

from host_sim.acquirer import faults, samples
from protocol import session
from protocol.errors import WireFault
from protocol.reference.codec import decode
from tests.till import Till

REFUNDED = ("20260004", 1_000)  # order and fen, of an older batch: a refund
VOIDED = "20260001"  # of today's batch: a void
HELD = "20260011"  # held for review, so its status is asked for
MINUTE_MS = 60_000


class Recording:
    """`till` as the run left it, idle; `requests` and `exchanges` in the order of the run.

    exchanges: (request Message, packet of the right reply to it). `mac`: the Mac under the
    working keys of all of them.
    """

    def __init__(self, till):
        self.till = till
        self.mac = till.world.device.terminal.keys.mac
        self.requests = till.world.packets("out")
        self.exchanges = []
        request = None
        for event in till.world.trace:
            if event.kind == "out":
                request = decode(event.value)
            elif event.kind == "in" and answers(request, event.value, self.mac):
                self.exchanges.append((request, event.value))

    def request(self, mti):
        return next(packet for packet in self.requests if decode(packet).mti == mti)

    def exchange(self, mti):
        """(request Message, reply packet) of the first exchange whose reply has this MTI."""
        return next(pair for pair in self.exchanges if decode(pair[1]).mti == mti)


def answers(request, packet, mac):
    """Whether a terminal may take the packet for the reply to its request."""
    try:
        session.check_reply(request, decode(packet), packet, mac)
    except WireFault:
        return False
    return True


def signed_on(**shop):
    """A Till whose terminal stands idle, signed on."""
    till = Till(**shop)
    till.log_in()
    return till


def echo_works(till):
    """Whether a line test from the idle screen ends well; idle again behind it."""
    till.menu("This till", "Line test")
    till.wait("Host answered")
    till.press("ENTER")
    till.idle()
    return True


def record(terminal=samples.TERMINAL):
    """A run with every request that the terminal makes by itself: sign-on, echo, refund whose
    reply is lost once, void whose reply fails its MAC, a refund that is held for review."""
    till = signed_on(terminal=terminal)
    echo_works(till)
    till.faults.script(faults.MUTE, "0220")
    till.send(*REFUNDED)
    till.sign_and_finish()
    if terminal == samples.TERMINAL:  # the others have sold nothing that they could void
        till.faults.script(faults.BAD_MAC, "0200")
        till.send(VOIDED)
        till.wait("Not refunded")
        till.press("ENTER")
        till.idle()
    till.send(HELD, 500)
    till.wait("In review")
    till.press("ENTER")
    till.idle()
    till.world.run_for(MINUTE_MS)
    return Recording(till)


recorded = cache(record)  # for those who only read
