"""Lessons: what the refunds of a span of days teach, as figures, charts and a few sentences."""

from datetime import timedelta

from host_sim.acquirer.money import yuan
from host_sim.office import lessons
from host_sim.office.refusals import Refused
from host_sim.web.office import charts, values
from host_sim.web.office.desk import Desk, grouped

SPAN = timedelta(days=30)
MOST = timedelta(days=366)
GROUPS = ("reason", "product", "shop", "operator", "terminal", "state")
SHOWN = 8  # bars of a chart


async def shown(desk: Desk):
    wrong = ""
    try:
        last = values.day(desk.asked("last"), "to_day") or desk.now.date()
        first = values.day(desk.asked("first"), "from_day") or last - SPAN + timedelta(days=1)
        if not first <= last <= first + MOST:
            raise Refused("WRONG_VALUE", "from_day")
    except Refused as refusal:
        wrong = desk.w.refusal(refusal.code, refusal.detail)
        last = desk.now.date()
        first = last - SPAN + timedelta(days=1)
    shop = desk.actor.merchant_id or desk.asked("merchant_id")[:15] or None
    with desk.store.reading() as connection:
        shops = values.shops(connection, desk.actor.merchant_id)
        total = lessons.total(connection, first, last, shop)
        sold = lessons.sold(connection, first, last, shop)
        days = lessons.by_day(connection, first, last, shop)
        groups = {name: lessons.by(connection, name, first, last, shop) for name in GROUPS}
    w, names = desk.w, dict(shops)
    drawn = [_days(w, days, first, last)]
    drawn += [_group(w, name, rows, names) for name, rows in groups.items()]
    return desk.page(
        "lessons.html", 422 if wrong else 200, here="lessons", first=first, last=last, shops=shops,
        merchant_id=shop or "", wrong=wrong, tiles=_tiles(w, total, sold), charts=drawn,
        text=_text(w, total, sold, groups, names, first, last),
    )  # fmt: skip


def _tiles(w, total, sold):
    return [
        (w["refunds_count"], f"{total.refunds:,}"),
        (w["amount"], f"¥ {grouped(total.amount_fen)}"),
        (w["rate_orders"], _percent(total.refunds, sold.orders)),
        (w["rate_amount"], _percent(total.amount_fen, sold.amount_fen)),
        (w["days_to_decision"], _days_words(w, total.days_to_decision)),
        (w["days_to_money"], _days_words(w, total.days_to_money)),
    ]


def _days(w, days, first, last):
    """Of a long span, weeks: so many columns can be told apart."""
    step = 1 if (last - first).days < 62 else 7
    sums: dict = {}
    at = first
    while at <= last:
        sums[at] = [0, 0]
        at += timedelta(days=step)
    for day, refunds, amount_fen in days:
        slot = first + timedelta(days=(day - first).days // step * step)
        sums[slot][0] += refunds
        sums[slot][1] += amount_fen
    rows = [(f"{day:%m-%d}", count, w.count(count)) for day, (count, _) in sums.items()]
    table = [(f"{day}", count, yuan(fen)) for day, (count, fen) in sums.items() if count]
    return {"title": w["by_day"], "svg": charts.columns(rows), "rows": table,
            "heads": (w["from_day"], w["refunds_count"], w["amount"])}  # fmt: skip


def _group(w, name, rows, shops):
    """The most first; figures of all of them in the table."""
    told = [(_label(w, name, row.name, shops), row) for row in rows]
    drawn = [(label, row.refunds, f"{row.refunds} · ¥{grouped(row.amount_fen)}")
             for label, row in told[:SHOWN]]  # fmt: skip
    table = [
        (label, row.refunds, yuan(row.amount_fen), row.paid, row.rejected, row.failed,
         row.disputed, _days_words(w, row.days_to_money))
        for label, row in told
    ]  # fmt: skip
    heads = (w["group_" + name], w["refunds_count"], w["amount"], w.state("paid"),
             w.state("rejected"), w.state("failed"), w.state("disputed"),
             w["days_to_money"])  # fmt: skip
    return {"title": w["by_" + name], "svg": charts.bars(drawn, name), "rows": table,
            "heads": heads}  # fmt: skip


def _label(w, name, value, shops):
    if name == "reason":
        return w.reason(value)
    if name == "state":
        return w.state(value)
    if name == "shop":
        return shops.get(value, value)
    return w.person(value) if name == "operator" else value or "–"


def _text(w, total, sold, groups, shops, first, last):
    """A few sentences, each only where there is something behind it."""
    if not total.refunds:
        return [w["text_none"].format(first=first, last=last)]
    told = [w["text_total"].format(
        first=first, last=last, count=f"{total.refunds:,}", amount=grouped(total.amount_fen),
        rate=_percent(total.amount_fen, sold.amount_fen))]  # fmt: skip
    reason, product = groups["reason"][0], groups["product"][0]
    told.append(w["text_reason"].format(
        reason=w.reason(reason.name), share=_percent(reason.refunds, total.refunds),
        product=product.name, count=product.refunds))  # fmt: skip
    if total.days_to_money is not None:
        told.append(w["text_days"].format(days=f"{total.days_to_money:.1f}", paid=total.paid))
    if total.rejected or total.failed or total.disputed:
        told.append(w["text_trouble"].format(rejected=total.rejected, failed=total.failed,
                                             disputed=total.disputed))  # fmt: skip
    return told


def _percent(part, whole):
    return f"{100 * part / whole:.1f}%" if whole else "–"


def _days_words(w, days):
    return "–" if days is None else w["days"].format(f"{float(days):.1f}")
