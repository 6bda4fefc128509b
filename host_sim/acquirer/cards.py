"""The issuers behind the acquirer, as far as a sale needs them: whose card, until when, which PIN.

A number or PIN is looked at and let go of: a card is known by its token, its PIN by a keyed digest.
"""

from collections import namedtuple
from typing import Any

from host_sim.acquirer import ledger
from host_sim.acquirer.call import Call
from protocol.errors import LocalMisuse

PIN_TRIES = 3
WALLET_ISSUER = "09990000"
CODE_DIGITS = 18
NO_CARD = namedtuple("_NoCard", "issuer expiry most_fen", defaults=("", "0000", 0))()

# Who pays: `card` the card's row (NO_CARD for a number that no issuer knows), None for a wallet;
# `expiry` YYMM as the request has it.
Payer = namedtuple("Payer", "number card expiry issuer token masked")


def payer(call: Call) -> Payer | None:
    """None where the request names neither a card nor a payment code, or both a card and another
    track."""
    fields = call.request.fields
    named = numbers(call)
    if len(named) != 1:
        return None if named else _wallet(call)
    (number,) = named
    _, _, rest = fields.get(35, "").partition("=")
    token = call.keyring.token(number)
    card: Any = ledger.find_card(call.connection, token) if _luhn(number) else None
    card = card or NO_CARD
    expiry = rest[:4] or fields.get(14, "")
    return Payer(number, card, expiry, card.issuer, token, f"{number[:6]}****{number[-4:]}")


def numbers(call: Call) -> set[str]:
    """The card numbers that a request names, in F2 and on its track: one, unless they differ."""
    fields = call.request.fields
    return {fields.get(2, ""), fields.get(35, "").partition("=")[0]} - {""}


def _wallet(call):
    code = call.request.tags.get("DF14", "")
    if len(code) != CODE_DIGITS or not code.isdigit():
        return None
    wallet = "wallet:" + code[-8:]  # the rest of it is made anew for each payment
    return Payer(wallet, None, "", WALLET_ISSUER, call.keyring.token(wallet), None)


def check_pin(call: Call, who: Payer) -> str:
    """The code that the PIN of a request deserves; wrong tries are counted on the card's row."""
    block = call.request.fields.get(52)
    if block is None:
        return "00"
    if who.card.tries >= PIN_TRIES:
        return "75"
    try:
        pin = call.keyring.pin_key(call.mac).pin(block, who.number)
    except LocalMisuse:
        return "99"
    right = call.keyring.pin_value(who.number, pin) == who.card.pin
    tries = 0 if right else who.card.tries + 1
    if tries != who.card.tries:
        ledger.count_tries(call.connection, who.token, tries)
    return "00" if right else "75" if tries >= PIN_TRIES else "55"


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
