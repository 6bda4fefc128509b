"""Evidence is what its bytes are, and lies nowhere but in the ledger; figures agree with the books;
corrections touch no money; a terminal's papers end with a device that works."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from host_sim.acquirer import samples
from host_sim.acquirer import schema as books
from host_sim.office import corrections, evidence, lessons, life
from host_sim.office import schema as tables
from host_sim.office.refusals import Refused
from host_sim.web.office import terminals
from protocol import tlv
from protocol.activation import keys, unwrapped
from protocol.reference import codec
from protocol.subfields import f60
from tests.host_sim.acquirer.till import CIPHERS, Till, code
from tests.host_sim.office.desk import ANNA, BOB
from tests.host_sim.web.office.office import said

PNG, PDF, JPEG = b"\x89PNG\r\n\x1a\n..", b"%PDF-1.4 x", b"\xff\xd8\xff\xe0.."
NO_EVIDENCE = [b"<html><script>", b"MZ\x90\0", b"#!/bin/sh", b"PK\x03\x04", b"GIF89a", b"<svg",
               b" %PDF-1.4", b"\x89PNG"]  # fmt: skip


def handed(office, number, *contents, name="a.png", person="bob"):
    files = [("files", (name, content, "image/png")) for content in contents]
    return office.at(person).post(f"/refunds/{number}/evidence", files=files)


def kept(office, number):
    return office.desk.look(life.files, number)


@pytest.mark.parametrize("content", NO_EVIDENCE)
def test_what_only_says_that_it_is_a_picture_is_refused(office, content):
    number = office.desk.apply().id
    assert handed(office, number, content).status_code == 415
    assert kept(office, number) == []


def test_file_that_is_too_large_empty_or_one_too_many_is_refused_whole(office):
    number = office.desk.apply().id
    large = PNG + bytes(evidence.MOST_BYTES)
    assert handed(office, number, PDF, large).status_code == 413
    assert kept(office, number) == []  # not the good one beside it either
    assert handed(office, number, b"").status_code == 413
    for n in range(evidence.MOST_FILES):
        assert handed(office, number, PDF + bytes([n]), PDF + bytes([n])).status_code == 200
    assert len(kept(office, number)) == evidence.MOST_FILES  # the same content is the same file
    assert handed(office, number, JPEG).status_code == 409


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\x.exe", "a\u202egpj.exe", "con\n.html",
                                  "a.php;.png", "'><img src=x>.svg"])  # fmt: skip
def test_name_is_shown_and_nothing_else(office, tmp_path, name):
    number = office.desk.apply().id
    before = sorted(path.name for path in tmp_path.rglob("*"))
    page = handed(office, number, PNG, name=name)
    (file,) = kept(office, number)
    assert re.fullmatch(r"[^/\\\x00-\x1f\u202a-\u202e]+\.png", file.name)
    assert "<img src=x>" not in page.text
    assert sorted(path.name for path in tmp_path.rglob("*")) == before  # the ledger has it
    answer = office.at("bob").get(f"/refunds/{number}/evidence/{file.id}")
    assert answer.content == PNG and answer.headers["x-content-type-options"] == "nosniff"
    disposition = answer.headers["content-disposition"]
    assert disposition == f'attachment; filename="evidence-{file.id}.png"'


def test_correction_touches_no_money_and_is_kept_for_ever(office):
    number = office.desk.apply(contact="13812345678").id
    for field in ("amount_fen", "order_no", "state", "applicant", "merchant_id"):
        with pytest.raises(Refused):
            office.desk.do(corrections.correct, ANNA, number, field, "1", "why")
    office.desk.do(corrections.correct, ANNA, number, "contact", "13911112222", "typed wrong")
    (row,) = office.desk.look(life.corrections, number)
    assert (row.old, row.new, row.who) == ("13812345678", "13911112222", "anna")
    for change in (tables.correction.update().values(old=""), tables.correction.delete(),
                   tables.refund.update().values(amount_fen=1)):  # fmt: skip
        with pytest.raises(DBAPIError), office.desk.store.writing() as connection:
            connection.execute(change)


def test_reason_for_which_the_whole_goes_back_is_no_correction_of_a_part(office):
    part, whole = office.desk.apply(1000).id, office.desk.apply(100_000, order_no="20260005").id
    with pytest.raises(Refused) as refusal:
        office.desk.do(corrections.correct, ANNA, part, "reason", "03", "it failed")
    assert refusal.value.code == "AMOUNT_NOT_WHOLE"
    office.desk.do(corrections.correct, ANNA, whole, "reason", "03", "it failed")
    office.desk.do(corrections.correct, ANNA, part, "remark", "03", "a shelf's number")


def test_figures_agree_with_the_books(office):
    desk = office.desk
    till = Till(desk.host.acquirer)
    till.sign_on()
    till.refund(desk.host.order("20260004"), 1500)
    desk.approved(2500, order_no="20260012")
    desk.apply(700, order_no="20260005", reason="04")
    desk.days(3)
    first, last = date(2025, 1, 1), date(2026, 12, 31)
    with desk.store.reading() as connection:
        posting = select(func.count(), func.sum(books.posting.c.amount_fen))
        count, fen = connection.execute(posting.where(books.posting.c.kind == "refund")).one()
        orders, sold = connection.execute(
            select(func.count(), func.sum(books.order.c.amount_fen))
        ).one()
        total = lessons.total(connection, first, last)
        assert (total.refunds - 1, total.amount_fen - 700) == (count, fen)  # one is not decided
        assert lessons.sold(connection, first, last) == (orders, sold)
        for name in lessons.GROUPS:
            rows = lessons.by(connection, name, first, last)
            for figure in ("refunds", "amount_fen", "paid", "rejected", "failed"):
                there = sum(getattr(row, figure) for row in rows)
                assert there == getattr(total, figure), (name, figure)
        days = lessons.by_day(connection, first, last)
        assert sum(row[1] for row in days) == total.refunds
        assert sum(row[2] for row in days) == total.amount_fen
        paid = select(func.count()).where(tables.payout.c.state == "paid")
        ours = select(func.count()).select_from(tables.payout)
        assert connection.execute(paid).scalar_one() == connection.execute(ours).scalar_one()


def told_code(page):
    return "".join(re.search(r"(\d{4}) (\d{4}) (\d{4}) (\d{4})", page).groups())


def activated(till, typed, nonce):
    """What the acquirer answers to a blank device at which a code was typed."""
    asked = [("DF1A", typed[:4]), ("DF16", nonce), ("DF17", keys(typed, nonce)[1])]
    message = till.message("0820", {11: "000001", 60: f60("00", 1, "401"), 62: tlv.pack(asked)})
    del message.fields[41], message.fields[42]
    return codec.decode(till.acquirer.answer(codec.encode(message), till.now))


def test_terminal_whose_code_was_lost_or_too_old_gets_another(office):
    root = office.at("root")
    office.at("anna").post("/terminals", merchant_id=samples.TEST_SHOP, address="Nanjing Rd 1",
                           contact="13812345678", mac="unionpay-ecb", key="a" * 32)  # fmt: skip
    office.at("bob").post("/terminals/1/verify", good="yes", note="seen")
    assert root.post("/terminals/1/code").status_code == 409  # it is not on its way
    lost = told_code(said(root.post("/terminals/1/dispatch", tracking="SF1")))
    office.desk.clock(days=2)
    page = said(root.post("/terminals/1/code"))
    good = told_code(page)
    assert good != lost and "SF1" in page and lost not in page
    till = Till(office.desk.host.acquirer)
    till.now += timedelta(days=2)
    till.terminal_id, till.batch = "20000001", 1
    assert code(activated(till, lost, b"device 1")) == "54"
    assert code(activated(till, good, b"device 1")) == "00"
    with office.desk.store.reading() as connection:
        assert lost not in connection.execute(select(books.activation.c.code)).scalars().all()
    assert "given a new code" in said(root.get("/audit"))


def test_code_that_begins_as_another_is_drawn_again(office, monkeypatch):
    drawn = iter([1] * 15 + [1] * 15 + [2] * 15)
    monkeypatch.setattr(terminals, "randbelow", lambda _: next(drawn))
    root, bob = office.at("root"), office.at("bob")
    for number, first in ((1, "1111"), (2, "2222")):
        office.at("anna").post("/terminals", merchant_id=samples.TEST_SHOP, address="Nanjing Rd 1",
                               contact="13812345678", mac="sm4", key=str(number) * 32)  # fmt: skip
        bob.post(f"/terminals/{number}/verify", good="yes", note="seen")
        page = root.post(f"/terminals/{number}/dispatch", tracking="SF1")
        assert told_code(said(page)).startswith(first)


def test_terminal_of_the_office_is_activated_by_its_code_and_works(office):
    root = office.at("root")
    office.at("anna").post("/terminals", merchant_id=samples.TEST_SHOP, address="Nanjing Rd 1",
                           contact="13812345678", mac="unionpay-ecb", key="a" * 32)  # fmt: skip
    assert office.at("anna").post("/terminals/1/verify", good="yes").status_code == 403
    office.at("bob").post("/terminals/1/verify", good="yes", note="seen")
    page = said(root.post("/terminals/1/dispatch", tracking="SF1"))
    typed = told_code(page)
    assert "dispatched" in page
    till = Till(office.desk.host.acquirer)
    till.terminal_id, till.batch, nonce = "20000001", 1, b"device 1"
    key, _ = keys(typed, nonce)
    reply = activated(till, typed, nonce)
    assert (code(reply), reply.fields[41]) == ("00", "20000001")
    till.tmk = unwrapped(tlv.unpack(reply.fields[62])["DF15"], key, CIPHERS)
    till.sign_on()
    assert code(till.refund(office.desk.host.order("20260004"), 1000)) == "00"
    page = said(root.get("/terminals"))
    assert re.search(r"20000001 .*? active", page)
    assert re.search(r"20000001 .*? PIK [0-9A-F]{8} MAK [0-9A-F]{8}", page)
    assert typed not in page and root.post("/terminals/1/dispatch").status_code == 409
    assert root.post("/terminals/1/code").status_code == 409
    assert BOB.name in office.at("root").get("/audit").text
