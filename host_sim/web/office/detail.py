"""One refund: everything about it, and everything that can be done to it.

A deed is a form of its own and is done once: what the rules refuse is said on the page, a deed that
was done leads to the page by another request, so going back or reloading does nothing again.
"""

from typing import Any

from starlette.responses import Response

from host_sim.acquirer import reprints as sent
from host_sim.office import (
    audit,
    clearing,
    corrections,
    disputes,
    evidence,
    life,
    refunds,
    reprints,
    review,
    schema,
)
from host_sim.office.refusals import CODES, Refused
from host_sim.web.office import vouchers
from host_sim.web.office.desk import Desk

MAIN = (schema.APPLIED, schema.IN_REVIEW, schema.APPROVED, schema.PROCESSING, schema.PAID)
ENDS = (schema.REJECTED, schema.CANCELLED, schema.FAILED, schema.DISPUTED, schema.MORE_ASKED)
TRAIL_ROWS = 50


async def shown(desk: Desk, wrong: Refused | None = None, template="refund.html"):
    with desk.store.reading() as connection:
        found = life.find(connection, desk.number(), desk.actor)
        history = life.history(connection, found.id)
        told: dict[str, Any] = {
            "files": life.files(connection, found.id),
            "payouts": life.payouts(connection, found.id),
            "disputes": life.disputes(connection, found.id),
            "corrections": corrections.shown(connection, found.id),
            "reprints": sent.of(connection, found.txn_id),
            "printers": reprints.has_voucher(found)
            and [(one, one) for one in reprints.printers(connection, found.merchant_id)],
            "trail": None,
        }
        if desk.may("see the audit"):
            told["trail"] = list(audit.of(connection, f"refund {found.id}"))[-TRAIL_ROWS:]
    opened = [one.opened_by for one in told["disputes"] if one.state == "open"]
    return desk.page(
        template, CODES[wrong.code][1] if wrong else 200, here="refunds", found=found,
        history=history, track=_track(found, history, told["payouts"]),
        waits=found.state in schema.WAITING,
        own=found.applicant == desk.actor.name,
        own_dispute=desk.actor.name in (found.applicant, *opened),
        has_voucher=reprints.has_voucher(found),
        wrong=desk.w.refusal(wrong.code, wrong.detail) if wrong else "", **told,
    )  # fmt: skip


def _track(found, history, payouts):
    """[(state, when it came to it, "done", "now", "end" or "")]: the way to the money, and where
    it left it. What the clearing did has the day of its calendar."""
    at = {schema.APPLIED: found.applied_at, schema.APPROVED: found.decided_at}
    at |= {one.after: one.at for one in history}
    if payouts:
        last = payouts[-1]
        at |= {schema.PROCESSING: last.sent_on, schema.FAILED: last.ended_on}
        at[schema.PAID] = last.due_on if last.state in ("paid", "returned") else None
    if found.state in (schema.REJECTED, schema.CANCELLED):
        del at[schema.APPROVED]
    if found.state in ENDS:
        way = [state for state in MAIN if at.get(state)] + [found.state]
        return [(state, at.get(state), "end" if state == found.state else "done") for state in way]
    now = MAIN.index(found.state)
    return [
        (state, at.get(state), "now" if n == now else "done" if n < now else "")
        for n, state in enumerate(MAIN)
        if state != schema.IN_REVIEW or n >= now or at.get(state)
    ]


async def printable(desk: Desk):
    return await shown(desk, template="refund_print.html")


async def voucher(desk: Desk):
    """The voucher again, marked as a duplicate."""
    with desk.store.writing() as connection:
        found = life.find(connection, desk.number(), desk.actor)
        if not reprints.has_voucher(found):
            raise Refused("NOT_NOW", "no voucher")
        audit.append(connection, desk.actor, "voucher reprinted", f"refund {found.id}", desk.now,
                     new={"as": "pdf"})  # fmt: skip
    made = vouchers.pdf(found, desk.w, desk.now)
    return Response(made, media_type="application/pdf", headers={
        "Content-Disposition": f'attachment; filename="voucher-{found.id}.pdf"'})  # fmt: skip


async def file(desk: Desk):
    """What was handed in goes out as a file to keep, never as a page of ours."""
    with desk.store.reading() as connection:
        found = evidence.read(connection, desk.actor, desk.number(), desk.number("file"))
    ending = next(ending for kind, ending in evidence.KINDS.values() if kind == found.kind)
    return Response(found.content, media_type=found.kind, headers={
        "Content-Disposition": f'attachment; filename="evidence-{found.id}{ending}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff"})  # fmt: skip


def _take(desk, connection, number):
    review.take(connection, desk.actor, number, desk.now)


def _approve(desk, connection, number):
    review.approve(connection, desk.actor, number, desk.asked("note"), desk.now)


def _reject(desk, connection, number):
    review.reject(connection, desk.actor, number, desk.asked("note"), desk.now)


def _ask(desk, connection, number):
    review.ask_more(connection, desk.actor, number, desk.asked("note"), desk.now)


def _answer(desk, connection, number):
    review.answer_more(connection, desk.actor, number, desk.asked("answer"), desk.now)


def _withdraw(desk, connection, number):
    refunds.withdraw(connection, desk.actor, number, desk.now)


def _retry(desk, connection, number):
    clearing.retry(connection, desk.actor, number, desk.now)


def _evidence(desk, connection, number, dispute=None):
    for name, content in desk.brought:
        evidence.add(connection, desk.actor, number, name, content, desk.now, dispute)


def _dispute(desk, connection, number):
    made = disputes.open_dispute(connection, desk.actor, number, desk.asked("claim"), desk.now)
    _evidence(desk, connection, number, made)


def _close(desk, connection, number):
    upheld = desk.asked("upheld") == "yes"
    disputes.close(connection, desk.actor, number, upheld, desk.asked("answer"), desk.now)


def _correct(desk, connection, number):
    """Each field that is another than before; nothing was typed into the contact: it stays."""
    found = life.find(connection, number, desk.actor)
    new = {name: desk.asked(name) for name in corrections.FIELDS}
    changed = [
        name
        for name, value in new.items()
        if value != str(getattr(found, name) or "") and (value or name == "remark")
    ]
    if not changed:
        raise Refused("WRONG_VALUE", "it is so already")
    for name in changed:
        corrections.correct(connection, desk.actor, number, name, new[name], desk.asked("why"),
                            desk.now)  # fmt: skip


def _reprint(desk, connection, number):
    reprints.send(connection, desk.actor, number, desk.asked("terminal"), desk.now)


# deed of the address: (deed of people.MAY, what does it)
DEEDS = {
    "take": ("review", _take),
    "approve": ("review", _approve),
    "reject": ("review", _reject),
    "ask": ("review", _ask),
    "answer": ("apply", _answer),
    "withdraw": ("apply", _withdraw),
    "retry": ("retry", _retry),
    "evidence": ("add evidence", _evidence),
    "dispute": ("open dispute", _dispute),
    "close": ("close dispute", _close),
    "correct": ("correct", _correct),
    "reprint": ("reprint", _reprint),
}


def done(name: str):
    """The handler of a deed of DEEDS."""

    async def handle(desk: Desk):
        try:
            await desk.bring("files", evidence.MOST_BYTES)
            with desk.store.writing() as connection:  # nothing is waited for in here
                life.find(connection, desk.number(), desk.actor)
                DEEDS[name][1](desk, connection, desk.number())
        except Refused as refusal:
            if refusal.code == "REFUND_UNKNOWN":
                raise
            return await shown(desk, refusal)
        return desk.go(f"/refunds/{desk.number()}", name)

    return handle
