"""What an activation sends, and what it makes of the reply. The TMK goes into the key slot first;
only the parameters, behind it, say that the terminal is enrolled: a cut leaves blank or activated.
"""

from firmware.messages import stan_digits
from protocol import activation, tlv
from protocol.errors import WireFault
from protocol.keys import kcv
from protocol.mac import KEY_SIZES
from protocol.subfields import f60

_NONCE = "nonce"  # names the device to the host, so that it may ask for the same again
_BYTES = 8


def nonce(terminal):
    """8 bytes, drawn once; durable before they are sent."""
    stored = terminal.storage.read(_NONCE)
    if stored is None or len(stored) != _BYTES:
        stored = terminal.board.random(_BYTES)
        terminal.storage.write(_NONCE, stored)
    return stored


def request(_params, batch, stan, code, own, proof):
    """(MTI, fields)."""
    asked = [("DF1A", code[: activation.NAME_DIGITS]), ("DF16", own), ("DF17", proof)]
    return "0820", {
        11: stan_digits(stan),
        60: f60("00", batch, "401"),
        62: tlv.pack(asked),
    }


def opened(fields, key, ciphers):
    """What the host says: "terminal", "merchant", "name", "mac", "kcv", and "key", which is for the
    key slot and for no text. None where the block or its check value is not as it must be."""
    try:
        told = tlv.unpack(fields[62])
        tmk = activation.unwrapped(told["DF15"], key, ciphers)
        good = kcv(tmk, ciphers) == told["DF18"] and told["DF19"] in KEY_SIZES
    except (WireFault, KeyError):
        return None
    if not good:
        return None
    return {
        "terminal": fields[41],
        "merchant": fields[42],
        "name": told.get("DF11", ""),
        "mac": told["DF19"],
        "kcv": told["DF18"].hex().upper(),
        "key": tmk,
    }


def take(terminal, enrolled):
    """Durable at return."""
    params, keys = terminal.params, terminal.keys
    terminal.board.store_tmk(enrolled["key"])
    params.terminal = enrolled["terminal"]
    params.merchant = enrolled["merchant"]
    params.merchant_name = enrolled["name"]
    params.mac = keys.algorithm = enrolled["mac"]
    params.save()
    keys.tmk = enrolled["key"]


def slip(terminal, enrolled):
    """[(style, text)] for drivers.printer."""
    from firmware.drivers.printer import CENTRE, CUT, DOUBLE, FEED, RULE

    text = terminal.ui.texts
    lines = [(CENTRE | DOUBLE, text["activate.slip"]), (RULE, "-")]
    for label, value in (
        ("voucher.merchant", enrolled["name"]),
        ("voucher.merchant_no", enrolled["merchant"]),
        ("voucher.terminal", enrolled["terminal"]),
        ("activate.kcv", enrolled["kcv"]),
        ("voucher.time", "%s %s" % terminal.date_and_time()),
    ):
        lines.append((0, text[label] + " " + value))
    return lines + [(FEED, 2), (CUT, "")]
