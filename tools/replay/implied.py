"""The orders that a capture implies, and a host that knows them: what the acquirer is given before
the terminal's requests of a file from elsewhere can mean anything to it.

What the file tells of an order is taken as told; what it does not tell is said in `told`.
"""
from datetime import timedelta
from random import Random
from typing import NamedTuple

from sqlalchemy import insert, select, update

from host_sim.acquirer import samples, schema
from host_sim.acquirer.keys import token
from host_sim.acquirer.server import Acquirer
from protocol import tlv
from protocol.errors import WireFault
from protocol.iso8583 import Message
from protocol.subfields import split_f60, split_f61
from tools.replay.stages import host_at_start

GIVES_BACK = ("refund", "refund_repeat", "cancel", "cancel_repeat", "void")
APPROVED = "00"
WHOLE_CARD = 16
A_CARD = "62" + "0" * 14         # where a card paid of which nothing is told
MOST_FEN = 10 ** 10
EVEN = 900_000          # running numbers of references that no order of a file has


class Order(NamedTuple):
    """As the file tells it. `terminal`: who asks for it; `sold_on`: a date; `paid_with`: digits of
    a card, or wallet:..."""
    number: str
    terminal: str
    amount_fen: int
    refunded_fen: int
    quantity: int
    product: str
    rrn: str
    batch: int
    stan: int
    sold_on: object
    paid_with: str


class Implied(NamedTuple):
    """Terminals of the file {number: merchant}, its Orders, and what had to be assumed."""
    terminals: dict
    orders: list
    batches: dict
    told: list


def read(exchanges, today):
    """What [Exchange] imply. `today` is the date of the first."""
    terminals, batches, orders, sold, told = {}, {}, {}, {}, []
    for exchange in exchanges:
        fields = exchange.request.message.fields
        if 41 in fields and 42 in fields:
            terminals.setdefault(fields[41], fields[42])
        _note_batch(batches, exchange)
        tags = tags_of(exchange.request.message)
        number = tags.get("DF01")
        if exchange.name == "sale":
            sold[number] = exchange.reply and exchange.reply.message.fields.get(37)
        elif exchange.name == "order_inquiry" and number not in sold:
            _inquired(orders, exchange, today)
        elif exchange.name in GIVES_BACK and number not in sold and (
                fields.get(37) not in sold.values()):
            _given_back(orders, exchange, number, today, told)
    return Implied(terminals, _apart(orders.values(), terminals, told), batches, told)


def _apart(orders, terminals, told):
    """Orders with the batch, STAN and date of another were sold at another terminal of that shop,
    which nothing tells of: each gets one, in `terminals` too."""
    seen, made = set(), []
    for one in orders:
        if one.amount_fen <= 0 or one.rrn in seen:
            told.append(f"order {one.number} is left out: it has no amount, or another's reference")
            continue
        key = one.terminal, one.batch, one.stan, one.sold_on
        if key in seen and one.terminal in terminals:
            other = f"SOLD{len(terminals):04}"
            terminals[other] = terminals[one.terminal]
            one = one._replace(terminal=other)
        seen |= {one.rrn, key}
        made.append(one)
    return made


def tags_of(message):
    """{tag: value} of a message's F62; empty where it holds none."""
    try:
        return tlv.unpack(message.fields.get(62, b""))
    except WireFault:
        return {}


def _note_batch(batches, exchange):
    """A terminal's batch is the first one that it uses for money, or that a sign-on gives it."""
    for said in (exchange.request, exchange.reply):
        if said is None or (exchange.name == "sign_on" and said is exchange.request):
            continue
        fields = said.message.fields
        if 41 in fields and len(fields.get(60, "")) >= 8 and exchange.name != "echo":
            batch = split_f60(fields[60])[1]
            if batch:
                batches.setdefault(fields[41], batch)


def _inquired(orders, exchange, today):
    reply = exchange.reply
    if reply is None or reply.message.fields.get(39) != APPROVED:
        return
    fields, tags = reply.message.fields, tags_of(reply.message)
    number = tags.get("DF01")
    if number is None or number in orders or not {37, 41, 61} <= set(fields):
        return
    batch, stan, day = split_f61(fields[61])
    card = tags.get("DF10", "")
    orders[number] = Order(
        number, fields[41], int(tags.get("DF04", "0")), int(tags.get("DF05", "0")),
        int(tags.get("DF03", "1")), tags.get("DF02", "-"), fields[37], batch, stan,
        last_day(day, today), _card(card, number))


def _given_back(orders, exchange, number, today, told):
    fields = exchange.request.message.fields
    known = number in orders or any(one.rrn == fields.get(37) for one in orders.values())
    if known or not {4, 37, 41, 61} <= set(fields):
        return
    batch, stan, day = split_f61(fields[61])
    number = number or f"9{fields[37].strip()}"
    paid_with = fields.get(2) or (A_CARD if fields.get(63) == "CUP" else f"wallet:{number[-8:]}")
    orders[number] = Order(number, fields[41], int(fields[4]), 0, 1, "-", fields[37], batch or 1,
                           stan or 1, last_day(day, today),
                           paid_with)
    told.append(f"packet {exchange.request.number}: nothing before tells of order {number}: it is "
                f"taken to be of {int(fields[4]) / 100:.2f}, which is what is asked back")


def last_day(mmdd, today):
    """The last date with this MMDD that is not behind today; today for what is none."""
    for days in range(366):
        day = today - timedelta(days=days)
        if f"{day:%m%d}" == mmdd:
            return day
    return today


def _card(masked, number):
    """Digits that begin and end like a masked card; a wallet where there is none."""
    if len(masked) < 10:
        return f"wallet:{number[-8:]}"
    return masked[:6] + "0" * (WHOLE_CARD - 10) + masked[-4:]


class Books(NamedTuple):
    """A host with what was implied. `tokens`: order number -> its card's token here."""
    acquirer: Acquirer
    secrets: object
    tokens: dict


def open_host(implied, exchanges, today, mac):
    """An Acquirer, in memory, that knows an Implied's terminals and orders -> Books."""
    engine = schema.open_engine()
    terminals = tuple((number, merchant, mac) for number, merchant in implied.terminals.items())
    merchants = tuple((merchant, "-", False, MOST_FEN)
                      for merchant in dict.fromkeys(implied.terminals.values()))
    rows = [(one.number, (today - one.sold_on).days, one.terminal, one.paid_with, one.amount_fen,
             max(1, one.quantity), one.product, one.refunded_fen or None)
            for one in implied.orders]
    with engine.begin() as connection:
        samples.load(connection, today, rows, merchants, terminals, {}, ())
        _as_told(connection, implied)
        _cards(connection, exchanges)
        tokens = _tokens(connection)
    secrets = samples.secrets(terminals)
    return Books(Acquirer(engine, Random("replay"), secrets=secrets), secrets, tokens)


def host_of_run(run):
    """The host of a simulated run as it was at its start -> Books. Raises NotExact where the head
    does not tell."""
    made = host_at_start(run)
    with made.engine.begin() as connection:
        return Books(made.acquirer, made.secrets, _tokens(connection))


def _tokens(connection):
    return dict(connection.execute(select(schema.order.c.order_no, schema.order.c.token)).all())


def _as_told(connection, implied):
    """Put references, batches and dates of the file in the place of those that were made up."""
    table = schema.order
    for at, one in enumerate(implied.orders):       # two steps: nothing may come twice
        connection.execute(update(table).where(table.c.order_no == one.number)
                           .values(rrn=f"replay{at:06d}", batch=-1 - at))
    for one in implied.orders:
        connection.execute(update(table).where(table.c.order_no == one.number).values(
            rrn=one.rrn, batch=one.batch, stan=one.stan, sold_on=f"{one.sold_on:%Y%m%d}"))
    for terminal, batch in implied.batches.items():
        connection.execute(update(schema.terminal).values(batch=batch)
                           .where(schema.terminal.c.terminal_id == terminal))
    connection.execute(update(schema.rrn_counter).values(last=EVEN))


def _cards(connection, exchanges):
    """Every card that a sale of the file is paid with is known, and has money enough."""
    known = {token(samples.TOKEN_KEY, row[0]) for row in samples.CARDS}
    for exchange in exchanges:
        fields = exchange.request.message.fields
        number, expiry = card_of(exchange.request.message)
        if exchange.name != "sale" or not number:
            continue
        made = token(samples.TOKEN_KEY, number)
        if made not in known:
            known.add(made)
            connection.execute(insert(schema.card).values(
                token=made, issuer="09100000", expiry=expiry or fields.get(14, "9912"),
                most_fen=MOST_FEN, pin=bytes(8)))


def card_of(message: Message):
    """(card number, YYMM) of a request, from F2 and F14 or its track; None where it has none."""
    fields = message.fields
    if 35 in fields:
        number, _, rest = fields[35].partition("=")
        return number or None, rest[:4] or None
    return fields.get(2), fields.get(14)
