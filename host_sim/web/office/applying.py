"""An application for a refund: find the order, fill in, check, hand in.

What is filled in becomes a draft, the check page is read from it, and handing it in makes one
refund of that draft, however often the button is pressed or the page gone back to.
"""

from collections.abc import Sequence

from sqlalchemy import Row

from host_sim.acquirer import rules
from host_sim.acquirer.money import yuan
from host_sim.office import drafts, evidence, masking, orders, refunds, schema
from host_sim.office.refusals import Refused
from host_sim.web.office import values
from host_sim.web.office.desk import Desk

EMPTY = {"type": schema.ON_SITE, "quantity": "", "amount": "", "reason": "", "contact": "",
         "remark": ""}  # fmt: skip


async def search(desk: Desk):
    query = {name: desk.asked(name)[:40] for name in ("number", "card_tail", "amount", "sold_on")}
    rows: Sequence[Row] = []
    wrong = ""
    with desk.store.reading() as connection:
        try:
            rows = orders.search(
                connection, query["number"] or None, values.tail(query["card_tail"]),
                values.amount(query["amount"], "order_amount"),
                values.day(query["sold_on"], "sold_on"), desk.actor.merchant_id,
            )  # fmt: skip
        except Refused as refusal:
            wrong = desk.w.refusal(refusal.code, refusal.detail)
        shop_names = dict(values.shops(connection, desk.actor.merchant_id))
    return desk.page("apply.html", 422 if wrong else 200, here="apply", step="find", query=query,
                     rows=rows, searched=any(query.values()), shop_names=shop_names,
                     wrong=wrong)  # fmt: skip


async def form(desk: Desk, wrong: Refused | None = None):
    """Empty, or with what the draft of the address's key holds."""
    key, filled_in = desk.asked("key")[:32], dict(EMPTY)
    files: Sequence[Row] = []
    with desk.store.reading() as connection:
        sold = orders.find(connection, desk.request.query_params.get("order", "")[:32],
                           desk.actor.merchant_id)  # fmt: skip
        found = drafts.find(connection, key, desk.actor.name) if key else None
        if found is not None and found.refund_id is not None:
            return desk.go(f"/refunds/{found.refund_id}", "handed_in_before")
        if found is not None:
            filled_in |= drafts.values(found)
            files = drafts.files(connection, key)
    left_fen = sold.amount_fen - rules.taken_fen(sold)
    if wrong is not None:
        filled_in |= _filled_in(desk)
    elif found is None:
        filled_in |= {"quantity": str(sold.quantity), "amount": yuan(max(0, left_fen))}
    told = desk.w.refusal(wrong.code, wrong.detail) if wrong else ""
    return desk.page("apply_form.html", 422 if wrong else 200, here="apply", step="fill", sold=sold,
                     left_fen=left_fen, key=key or drafts.fresh_key(), values=filled_in,
                     files=files, wrong=told)  # fmt: skip


async def fill_in(desk: Desk):
    """Keep what was filled in if it may be applied for, and go on to the check page."""
    key, order_no = (desk.request.query_params.get(name, "") for name in ("key", "order"))
    try:
        await desk.bring("files", evidence.MOST_BYTES)
        with desk.store.writing() as connection:
            filled_in = _filled_in(desk)
            asked = _application(order_no, key, filled_in)
            refunds.check(connection, desk.actor, asked, desk.now, desk.house.terms)
            drafts.keep(connection, key, desk.actor.name, order_no, filled_in, desk.now)
            for name, content in desk.brought:
                drafts.add_file(connection, key, name, content)
    except Refused as refusal:
        if refusal.code == "ORDER_UNKNOWN":
            raise
        return await form(desk, refusal)
    return desk.go(f"/apply/check/{key}")


async def check(desk: Desk, wrong: Refused | None = None):
    key = desk.request.path_params["key"]
    with desk.store.reading() as connection:
        found = drafts.find(connection, key, desk.actor.name)
        if found is None:
            return desk.go("/apply", "draft_gone")
        if found.refund_id is not None:
            return desk.go(f"/refunds/{found.refund_id}", "handed_in_before")
        sold = orders.find(connection, found.order_no, desk.actor.merchant_id)
        files = drafts.files(connection, key)
    asked = _application(found.order_no, key, drafts.values(found))
    return desk.page(
        "apply_check.html", 422 if wrong else 200, here="apply", step="check", sold=sold, key=key,
        asked=asked, files=files, left_fen=sold.amount_fen - rules.taken_fen(sold),
        expected=refunds.expected_on(desk.now.date()),
        wrong=desk.w.refusal(wrong.code, wrong.detail) if wrong else "",
    )  # fmt: skip


async def hand_in(desk: Desk):
    """One transaction: the refund, its files, the end of the draft."""
    key = desk.request.path_params["key"]
    try:
        with desk.store.writing() as connection:
            found = drafts.find(connection, key, desk.actor.name)
            if found is None:
                return desk.go("/apply", "draft_gone")
            if found.refund_id is not None:
                return desk.go(f"/refunds/{found.refund_id}", "handed_in_before")
            asked = _application(found.order_no, key, drafts.values(found))
            made = refunds.apply(connection, desk.actor, asked, desk.now, desk.house.terms)
            for name, content in drafts.hand_in(connection, key, made.id):
                evidence.add(connection, desk.actor, made.id, name, content, desk.now)
    except Refused as refusal:
        return await check(desk, refusal)
    return desk.go(f"/refunds/{made.id}", "handed_in")


def _filled_in(desk):
    told = {name: desk.asked(name)[:200] for name in EMPTY}
    return told | {"remark": masking.written(told["remark"]),
                   "contact": masking.cards(told["contact"])}  # fmt: skip


def _application(order_no, key, filled_in):
    if len(key) != 32:
        raise Refused("WRONG_VALUE", "key")
    return refunds.Application(
        order_no=order_no,
        amount_fen=values.amount(filled_in["amount"], "amount") or 0,
        reason=filled_in["reason"],
        type=filled_in["type"],
        quantity=values.whole(filled_in["quantity"], "quantity"),
        contact=filled_in["contact"],
        remark=filled_in["remark"],
        key=key,
    )
