"""Invariant 22: what the wire says of who pays: the card that was there, its PIN under the PIK
alone and judged by the host, and no card data where a request is sent again.

Read off the packets, with the working keys that the 0810s brought.
"""

from protocol.errors import LocalMisuse
from protocol.pin import PinKey
from protocol.reference.ciphers import Ciphers
from tools.campaign import shopfront

SWIPED, WITH_PIN = "02", "1"  # of F22
_OF_A_CARD = (2, 14, 26, 35, 36, 52, 55)
_FIRST_TRIES = ("0200", "0220")  # what is sent again has no card data any more
_SALE = "000000"
_TRACKS = ((shopfront.TRACK2, shopfront.CARD), (shopfront.LIKE_TRACK2, shopfront.LIKE_CARD))
_CIPHERS = Ciphers()


def card_data(w, run):
    """Every violation, as the others of invariants.py."""
    for one in w.told:
        if one.way == "out" and one.message is not None:
            yield from _sent(w, one.message)
    for one in w.answers:
        if one.request is None or one.request.mti not in _FIRST_TRIES or one.behind == one.before:
            continue
        pin = _pin(w, one.request.fields)
        if pin not in (None, shopfront.CARD_PIN):
            yield f"{_name(one.request)} was approved with a wrong PIN"
        if one.request.fields.get(2) == shopfront.LIKE_CARD:
            yield f"{_name(one.request)} moved money for a card that is not the order's"


def _sent(w, message):
    fields = message.fields
    if message.mti not in _FIRST_TRIES:
        beside = [number for number in _OF_A_CARD if number in fields]
        if beside:
            yield f"{_name(message)} carries card data in {beside}"
        return
    if 35 in fields and (fields[35], fields.get(2)) not in _TRACKS:
        yield f"{_name(message)} has a track that no card has"
    if fields[3] != _SALE:
        return
    entry, pin = fields[22][:2], fields[22][2]
    if entry == SWIPED and int(fields[4]) > shopfront.NO_PIN_FEN and pin != WITH_PIN:
        yield f"{_name(message)} went without the PIN that its amount asks for"
    if (pin == WITH_PIN) != (52 in fields):
        yield f"{_name(message)} says of its PIN what is not so"
    if 52 in fields and _pin(w, fields) is None:
        yield f"{_name(message)} has a PIN block under no PIN key"


def _pin(w, fields):
    """The digits in F52, None where there are none to be read."""
    for key in w.pin_keys if 52 in fields else ():
        try:
            return PinKey(key, _CIPHERS).pin(fields[52], fields[2])
        except LocalMisuse:
            continue
    return None


def _name(message):
    return f"{message.mti} with STAN {message.fields.get(11)}"
