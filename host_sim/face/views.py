"""What a face shows of a Site, as plain data. Looks at everything, changes nothing.

Cards are masked here as everywhere; what is typed at a password or PIN is not shown at all.
"""
from datetime import timedelta

from sqlalchemy import func, select

from firmware import refund_state
from host_sim.acquirer import schema
from host_sim.acquirer.merchants import balance_fen
from host_sim.bench.flash import BLOCK
from host_sim.face import chinese
from host_sim.on_micropython import HEAP_KB
from host_sim.play.player import ALL_HOST_FAULTS, PRINTER_TROUBLES
from host_sim.show.explain import explain, title, yuan
from host_sim.show.states import NAMES
from protocol.errors import WireFault
from protocol.iso8583 import decode

TYPES = {refund_state.REFUND: "refund", refund_state.VOID: "void", refund_state.SALE: "sale"}
MOST_ROWS = 30
HOST_STATES = {schema.OPEN: "open", schema.REVIEW: "in review", schema.APPROVED: "approved",
               schema.DECLINED: "declined", schema.CANCELLED: "cancelled"}
_STATED = {kind: name for name, kind in ALL_HOST_FAULTS.items()}


def wire(site, till, since):
    """{"from": n, "frames": [{"at", "way", "mti", "title", "words", and size, name, again, lost and
    mac as face.line.Passed has them}]}"""
    first, frames = till.frames.since(since)
    return {"from": first, "frames": [
        {"at": clock(site, one.at_ms), "way": one.way, "name": one.name, "again": one.again,
         "lost": one.lost, "mac": one.mac, "size": one.size, **_told(one)} for one in frames]}


def _told(passed):
    if passed.packet is None:
        return {"mti": "", "title": passed.name, "words": ""}
    try:
        message = decode(passed.packet)
    except WireFault as fault:
        return {"mti": "?", "title": "no packet", "words": str(fault)}
    fields = message.fields
    words = [f"STAN {fields[11]}"] if 11 in fields else []
    if 4 in fields:
        words.append(f"{yuan(int(fields[4]))} yuan")
    if 39 in fields:
        words.append(f"code {fields[39]}")
    return {"mti": message.mti, "title": title(message), "words": ", ".join(words)}


def parts(packet, mac, w):
    """[{"at", "hex", "name", "words", "inner"}] of a packet in the language of Words, secrets as
    stars; of one that cannot be read, where and why, and no bytes: a card's number may be
    anywhere."""
    try:
        told = explain(packet, mac)
    except WireFault as fault:
        return [{"at": "", "name": w["unreadable"], "words": str(fault), "inner": False, "hex": ""}]
    if w.language == "zh":
        told = map(chinese.part, told)
    return [{"at": part.at, "name": part.name, "words": part.words, "inner": part.inner,
             "hex": "*" * part.size if part.secret
             else "" if part.inner else packet[part.at:part.at + part.size].hex(" ").upper()}
            for part in told]


def clock(site, at_ms):
    """The Site's date and time at a moment: "03-16 09:30:00.125"."""
    return (site.start + timedelta(milliseconds=at_ms)).strftime("%m-%d %H:%M:%S.%f")[:-3]


def state(site, till):
    """What is under the terminal's lid; `stands`: statements that are true of printer and line, as
    if they had just been done. Of firmware in another process the journal is that of the flash,
    and operator, batch and key are not known."""
    device = till.world.device
    terminal = device.terminal
    memory = getattr(device.core, "memory", None) if till.crash is None else None
    told = {
        "power": device.core is not None, "plugged": not till.world.wire.to_host.cut,
        "paper": not device.printer.paper_out, "printer": device.printer.trouble,
        "stands": [f"printer {_printer(device.printer)}", *_damage(till.world.wire)],
        "crash": till.crash, "steps": device.steps,
        "flash": {"operations": device.flash.operations, "blocks": len(device.flash.blocks),
                  "of": device.flash.size // BLOCK},
        "heap": memory and {"bytes": memory(), "of": HEAP_KB << 10},    # of a MicroPython
        "records": [], "state": None,
        "mac": {"algorithm": till.shop.mac, "key": None, "valid": till.macs["valid"],
                "invalid": till.macs["invalid"]},
        "playing": till.playing and playing(till.playing),
    }
    if device.core is None:
        return told
    records = list(terminal.journal.open_records()) if terminal else till.lid.records()
    in_hand = getattr(terminal, "in_hand", None) or (records[0] if records else None)
    told |= {
        "records": [record(one) for one in records],
        "state": NAMES[in_hand.state] if in_hand else None,
        "kind": TYPES[in_hand.type] if in_hand else None,
    }
    if terminal is None:
        return told | {"mac": told["mac"] | {"key": "?"}}
    return told | {
        "operator": terminal.operator, "signed_on": bool(terminal.signed_on),
        "mac": told["mac"] | {"key": terminal.keys.key_id if terminal.keys.mac else None},
        "batch": terminal.counters.batch, "training": terminal.training is not None,
    }


def _printer(printer):
    """As a statement has it."""
    named = {trouble: name for name, trouble in PRINTER_TROUBLES.items()}
    return "unplugged" if printer.unplugged else named.get(printer.trouble, "well")


def _damage(wire):
    """The statement that has the line spoil bytes as it does now, if it does."""
    flips = [line.damage.flip for line in wire.lines if line.damage is not None]
    return [f"wire damage {round(max(flips) * 10_000)}"] if any(flips) else []


def playing(one):
    """How far a key script is: {"at", "of", "statement", "wrong"}."""
    statement = "" if one.over else one.statements[one.at].text
    return {"at": one.at, "of": len(one.statements), "statement": statement, "wrong": one.wrong}


def record(one):
    """A record of the journal in words."""
    return {"kind": TYPES[one.type], "state": NAMES[one.state], "stan": f"{one.stan:06}",
            "order": one.order, "amount": yuan(one.amount_fen), "tries": one.tries}


def arranged(site):
    """Faults of the host that wait for a request; `take_back`: the statement that ends one."""
    return [{"kind": one.kind, "mti": one.mti, "times": one.times, "percent": one.percent,
             "code": one.code, "take_back": f"host without {_STATED[one.kind]} {one.mti}"}
            for one in site.books.acquirer.faults.waiting()]


def acquirer(site):
    """Orders, transactions and balances by the ledger alone; faults as they are arranged and as
    they happened."""
    faults = site.books.acquirer.faults
    with site.books.engine.connect() as connection:
        orders = connection.execute(_ORDERS).all()
        txns = connection.execute(_TXNS).all()
        here = {till.shop.merchant for till in site.tills.values()}
        merchants = [{"name": row.name, "balance": yuan(balance_fen(connection, row.merchant_id))}
                     for row in connection.execute(_MERCHANTS) if row.merchant_id in here]
        debit, credit = (connection.execute(one).scalar_one() for one in _SUMS)
    return {
        "orders": [{"order": row.order_no, "merchant": row.merchant_id, "product": row.product,
                    "amount": yuan(row.amount_fen), "back": yuan(row.back or 0),
                    "card": row.masked_card or "QR"} for row in orders],
        "txns": [{"kind": row.kind, "terminal": row.terminal_id, "stan": f"{row.stan:06}",
                  "order": row.order_no, "amount": yuan(row.amount_fen or 0),
                  "state": HOST_STATES[row.state], "code": row.code, "rrn": row.rrn}
                 for row in txns],
        "balanced": debit == credit,
        "merchants": merchants,
        "arranged": arranged(site),
        "faults": {kind: count for kind, count in faults.happened.items() if count},
    }


_order, _txn, _posting = schema.order, schema.txn, schema.posting
_BACK = (select(_posting.c.order_no,
                func.sum(_posting.c.amount_fen
                         * func.iif(_posting.c.kind == "undo", -1, 1)).label("back"))
         .where(_posting.c.kind.in_(("refund", "void", "undo"))).group_by(_posting.c.order_no)
         .subquery())
_LAST = (select(_txn.c.order_no, func.max(_txn.c.id).label("last")).group_by(_txn.c.order_no)
         .subquery())
_ORDERS = (select(_order, _BACK.c.back).outerjoin(_BACK, _BACK.c.order_no == _order.c.order_no)
           .outerjoin(_LAST, _LAST.c.order_no == _order.c.order_no)
           .order_by(func.coalesce(_LAST.c.last, 0).desc(), _order.c.sold_on.desc(),
                     _order.c.order_no).limit(MOST_ROWS))
_TXNS = select(_txn).order_by(_txn.c.id.desc()).limit(MOST_ROWS)
_MERCHANTS = select(schema.merchant)
_SUMS = [select(func.coalesce(func.sum(_posting.c.amount_fen), 0))
         .where(schema.account.c.name == side) for side in (_posting.c.debit, _posting.c.credit)]
