"""One exchange with the acquirer: what is sent, and which packet is its reply.

A reply counts only if it is the answer to this request and its MAC is right; anything else is
"no answer", because money must not move on a guess. Codec and rules are in memory one after the
other, and not while the line is waited for.
"""

from micropython import const

from firmware import overlay
from firmware.host import (
    ANSWERED,
    BAD_KEYS,
    BAD_MAC,
    NO_LINE,
    NO_REPLY,
    REPLY_MS,
    STOPPED,
    Outcome,
)
from protocol.errors import WireFault
from protocol.message import Message, sealed

_ASKS_SIGN_ON = const("3")  # the sixth digit of a reply's header, the processing request


async def run(host, mti, fields, mac_of, stop):
    """The Outcome of one request; see Host.exchange. The turn is taken. What is not as it should be
    goes into the diagnostic log."""
    outcome = await _run(host, mti, fields, mac_of, stop)
    if outcome.code != "00" and outcome.kind != STOPPED:
        detail = mti + " " + (outcome.code or outcome.kind.split(".")[0])
        overlay.call("log.note", host.terminal, "host", detail)
    return outcome


async def _run(host, mti, fields, mac_of, stop):
    host.link.inbox.clear()
    request = Message(host.params.tpdu, host.params.header, mti, fields)
    packet = overlay.call("protocol.iso8583.encode", request)
    if 64 in fields:
        packet = sealed(packet, host.keys.mac)
    began = host.kernel.now()
    waited_for = () if stop is None else (stop,)
    if not await host.link.send(packet, *waited_for):
        return Outcome(STOPPED if waited_for and stop.ready else NO_LINE)
    while True:
        left = REPLY_MS - host.kernel.elapsed(began)
        if left <= 0:
            return Outcome(NO_REPLY)
        index = await host.kernel.first(host.link.inbox, *waited_for, timeout_ms=left)
        if index == 1:
            return Outcome(STOPPED)
        if index == 0:
            outcome = _judge(host, request, host.link.inbox.get(), mac_of)
            if outcome is not None:
                return outcome


def _judge(host, request, packet, mac_of):
    """The outcome that this packet brings, or None if it is not for us."""
    try:
        reply = overlay.call("protocol.iso8583.decode", packet)
        mac = host.keys.mac
        if mac_of is not None:  # a late reply to another request brings no keys
            overlay.call("protocol.session.check_answers", request, reply)
            mac = mac_of(reply)
        name = overlay.call("protocol.session.check_reply", request, reply, packet, mac)
    except WireFault as fault:
        host.refused += 1
        host.last_refused = str(fault)
        overlay.call("log.note", host.terminal, "refused", host.last_refused)
        if fault.field == "64":
            return Outcome(BAD_MAC)
        if fault.field[:3] == "62.":
            return Outcome(BAD_KEYS)
        return None
    if reply.header[5:6] == _ASKS_SIGN_ON:  # idle.py sees to it: not before what runs has ended
        host.terminal.again = True
        host.terminal.news.set()
    final = overlay.call("protocol.ending.is_final", name, reply.fields[39])
    return Outcome(ANSWERED, reply.fields, packet, final)
