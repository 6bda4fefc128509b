"""Card data for display: what decode, logs and pictures may show of it.
A card number shows its first 6 and last 4 digits at most; published test cards are shown
whole, for nobody owns them. PIN blocks and chip data are never shown in part.
"""

import re

# Published for tests by those who run the test systems.
TEST_CARDS = frozenset((
    # UnionPay open platform, test environment of the online gateway (open.unionpay.com)
    "6216261000000000018",
    # Stripe, docs.stripe.com/testing: UnionPay credit, debit and 19 digits
    "6200000000000005", "6200000000000047", "6205500000000000004",
    # Braintree, developer.paypal.com/braintree/docs/guides/unionpay/testing
    "6212345678901265", "6212345678901232", "6212345678900000003",
    # Worldline, docs.connect.worldline-solutions.com: UnionPay International
    "6250930000000002", "6250930000000010", "6250930000000028",
    # Stripe, docs.stripe.com/testing: other schemes
    "4242424242424242", "4111111111111111", "5555555555554444", "378282246310005",
    "6011111111111117", "3566002020360505",
))

MASK = "*"
_CARD_NUMBER, _EXPIRY, _TRACK_2, _TRACK_3, _PIN_BLOCK, _CHIP_DATA = 2, 14, 35, 36, 52, 55
_LIKE_A_CARD = re.compile(r"(?<![0-9])(?:2[2-7]|[3-6][0-9])[0-9]{11,17}(?![0-9])")
CARD_FIELDS = (_CARD_NUMBER, _EXPIRY, _TRACK_2, _TRACK_3, _PIN_BLOCK, _CHIP_DATA)


def card_number(pan):
    """First 6 and last 4 of a card number, or all of it for a published test card. Numbers
    too short to hide anything between the two show nothing."""
    if pan in TEST_CARDS:
        return pan
    hidden = len(pan) - 10
    return pan[:6] + MASK * hidden + pan[-4:] if hidden > 0 else MASK * len(pan)


def free_text(text):
    """A text that may hold anything (a screen's row, a printed line): what reads as a card number
    in it is masked. Numbers that begin with 20 are orders and dates, no scheme has them."""
    return _LIKE_A_CARD.sub(lambda found: card_number(found[0]) if _is_card(found[0]) else found[0],
                            text)


def free_rows(rows, columns):
    """free_text of rows that break what is longer than `columns`."""
    joined = "".join(row + ("" if len(row) == columns else "\n") for row in rows)
    shown = free_text(joined)   # of the same length
    ends, at = [], 0
    for row in rows:
        ends.append(shown[at:at + len(row)])
        at += len(row) + (len(row) != columns)
    return tuple(ends)


def _is_card(digits):
    """Luhn: every second digit from the right counts twice."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(doubled)) % 10 == 0


def masked(fields):
    """A copy of {number: text} (binary as hex) in which card data is masked, same lengths."""
    shown = dict(fields)
    for number in CARD_FIELDS:
        if number in fields:
            shown[number] = _mask(number, fields[number], fields)
    return shown


def without_tracks(fields):
    """A copy of masked() fields in which a track tells its card number at most, whosever it is."""
    shown = dict(fields)
    for number in (_TRACK_2, _TRACK_3):
        head, separator, rest = fields.get(number, "").partition("=")
        if number in fields:
            shown[number] = head + separator + MASK * len(rest) if separator else MASK * len(head)
    return shown


def field_texts(message):
    """{number: text} of a protocol Message in the packet's order: binary as upper-case hex."""
    return {
        number: value if isinstance(value, str) else value.hex().upper()
        for number, value in sorted(message.fields.items())
    }


def is_masked(number, text):
    """Whether a field's text was masked, so that no packet can be made of it."""
    return number in CARD_FIELDS and MASK in text


def _mask(number, text, fields):
    if number == _CARD_NUMBER:
        return card_number(text)
    if number == _TRACK_2:
        return _track(text, 0)
    if number == _TRACK_3:
        return _track(text, 2)  # a format code goes before the card number
    if number == _EXPIRY and fields.get(_CARD_NUMBER) in TEST_CARDS:
        return text
    return MASK * len(text)


def _track(track, start):
    pan, separator, rest = track[start:].partition("=")
    if not separator:
        return MASK * len(track)
    if pan in TEST_CARDS:
        return track
    return track[:start] + card_number(pan) + separator + MASK * len(rest)
