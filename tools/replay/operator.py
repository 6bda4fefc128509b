"""What an operator must have done for the requests of a file, done again at our terminal: OPERATOR,
a table from the kind of a message to what is pressed for it.

What cannot be known from a request (a PIN, a masked track) is told, and the request is left out.
"""
from typing import NamedTuple

from tools.replay.conversation import Exchange
from tools.replay.implied import Order, tags_of
from tools.testing.person import Till

STEPS = 40              # screens behind a request, at most, before it counts as stuck
SCREEN_MS = 90_000
# What comes of itself.
ALONE = ("sign_on", "refund_repeat", "cancel_repeat", "open_intents", "batch_upload", "batch_end")
BY_HAND = "06"          # F39 of a reversal that somebody asked for
SUPERVISOR = "123456"


class Cannot(Exception):
    """Why nobody can press what led to a request."""


class Wish(NamedTuple):
    """An exchange, the Order that it is about and the inquiry right before it, each or None."""
    exchange: Exchange
    order: Order | None
    inquiry: Exchange | None

    @property
    def fields(self):
        return self.exchange.request.message.fields

    @property
    def masked(self):
        return self.exchange.request.masked


def act(exchanges, orders, scene, left_out, skip):
    """Log in, then do what each exchange asks for; skip(exchange) is told of what cannot be done.
    AssertionError where the screen says otherwise."""
    till = Till(scene)
    till.log_in()
    for at, exchange in enumerate(exchanges):
        if exchange.name in ALONE or _inquired_for_more(exchanges, at) or _by_itself(exchange):
            continue
        press = OPERATOR.get(exchange.name)
        try:
            if press is None:
                raise Cannot("no keys are known for it: --script")
            before = exchanges[at - 1] if at and exchanges[at - 1].name == "order_inquiry" else None
            press(till, Wish(exchange, _order(orders, exchange), before))
        except Cannot as reason:
            skip(exchange)
            left_out.append(f"packet {exchange.request.number}, "
                            f"{exchange.name.replace('_', ' ')}: {reason}")
        else:
            to_idle(till)


def _inquired_for_more(exchanges, at):
    """Whether an inquiry is part of what follows it: the same order is given back next."""
    if exchanges[at].name != "order_inquiry" or at + 1 == len(exchanges):
        return False
    reply = exchanges[at].reply
    return exchanges[at + 1].name in ("refund", "void") and reply is not None and (
        reply.message.fields.get(37) == exchanges[at + 1].request.message.fields.get(37))


def _by_itself(exchange):
    return exchange.name.endswith("reversal") and (
        exchange.request.message.fields.get(39) != BY_HAND)


def _order(orders, exchange):
    message = exchange.request.message
    number, rrn = tags_of(message).get("DF01"), message.fields.get(37)
    return next((one for one in orders if number == one.number or rrn == one.rrn), None)


def to_idle(till):
    """Confirm whatever comes until the terminal is ready again."""
    for _ in range(STEPS):
        before = till.world.screen()
        if "Ready" in " ".join(before):
            return
        till.press("ENTER")
        till.world.run_until(lambda shown=before: till.world.screen() != shown, SCREEN_MS)
    till.idle()


def give_back(till, wish):
    """A refund or void, whole or in part."""
    number = _number(wish)
    if {35, 36} & set(wish.fields):
        raise Cannot("its card was swiped: --script")
    amount_fen = int(wish.fields[4])
    told = wish.inquiry and wish.inquiry.reply and tags_of(wish.inquiry.reply.message)
    left_fen = amount_fen
    if told and "DF04" in told:
        left_fen = int(told["DF04"]) - int(told.get("DF05", "0"))
    elif wish.order:
        left_fen = wish.order.amount_fen - wish.order.refunded_fen
    reason = tags_of(wish.exchange.request.message).get("DF06", "01")[-1]
    till.send(number, None if amount_fen >= left_fen else amount_fen, reason)


def inquire(till, wish):
    """An order is asked for, and nothing of it given back."""
    till.press("1")
    till.wait("Reason")
    till.press("1")
    till.wait("Order number")
    till.press(*_number(wish), "ENTER")
    till.world.run_until(lambda: "Order number" not in " ".join(till.world.screen()), SCREEN_MS)
    for _ in range(4):
        if "Ready" not in " ".join(till.world.screen()):
            till.press("CANCEL")


def _number(wish):
    asked = [one for one in (wish.exchange, wish.inquiry) if one is not None]
    number = next((tags["DF01"] for tags in (tags_of(one.request.message) for one in asked)
                   if "DF01" in tags), wish.order.number if wish.order else "")
    if not number.isdigit():
        raise Cannot(f"the keypad has no letters for order {number or 'without a number'}")
    return number


def sell(till, wish):
    """A sale on whatever pays for it."""
    fields, tags = wish.fields, tags_of(wish.exchange.request.message)
    if 52 in fields:
        raise Cannot("its PIN is not known: --script")
    if 35 in wish.masked or 2 in wish.masked:
        raise Cannot("its card is masked in the file")
    till.menu("Sale")
    till.wait("Amount of sale")
    till.press(*str(int(fields[4])), "ENTER")
    till.wait("ENTER: automatic")
    till.press(*_number(wish), "ENTER")
    till.wait("Payment")
    _pay(till, fields, tags)
    till.wait("Second check")
    till.press("ENTER")
    till.wait("ENTER sends")
    till.press("ENTER")


def _pay(till, fields, tags):
    if 35 in fields:
        till.world.choose("Swipe card")
        till.wait("Swipe the card")
        till.world.swipe(fields[35])
    elif "DF14" in tags:
        till.world.choose("Payment code")
        till.wait("Scan the code")
        till.world.scan(tags["DF14"])
    else:
        till.world.choose("Key the card")
        till.wait("Card number")
        till.press(*fields[2], "ENTER")
        till.wait("Expiry")
        till.press(*fields[14][2:], *fields[14][:2], "ENTER")


def settle(till, _wish):
    """The batch."""
    till.menu("This till", "Settlement")
    till.wait("Enter password")
    till.press(*SUPERVISOR, "ENTER")
    till.wait("Batch")
    for _ in range(STEPS):
        asks = "ENTER settles" in " ".join(till.world.screen())
        till.press("ENTER")
        if asks:
            return
    till.wait("ENTER settles")


def take_back(till, _wish):
    """The last refund or void."""
    till.menu("Records", "Take back")
    till.wait("Voucher number")
    till.press("ENTER")
    for _ in range(STEPS):
        if "Supervisor" in " ".join(till.world.screen()):
            break
        till.press("ENTER")
    till.wait("Supervisor")
    till.press(*SUPERVISOR, "ENTER")
    till.wait("Second check")


def status(till, _wish):
    """How the last refund stands."""
    till.menu("Records", "Refund status")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait("Here:")
    till.press("CANCEL")


def line_test(till, _wish):
    till.menu("This till", "Line test")
    till.world.run_until(lambda: "Line" in till.world.screen()[0], SCREEN_MS)


OPERATOR = {"refund": give_back, "void": give_back, "order_inquiry": inquire, "sale": sell,
            "settlement": settle, "cancel": take_back, "sale_reversal": take_back,
            "void_reversal": take_back, "refund_status": status,
            "echo": line_test}
