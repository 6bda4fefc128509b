"""Lists, exports, vouchers, lessons, terminals, the audit."""

import asyncio
import csv
import io
import re
import zipfile

import pypdf
from starlette.requests import Request

from host_sim.acquirer.schema import order
from host_sim.office import accounts
from host_sim.web.office import listing
from host_sim.web.office.desk import EXPORTS, Desk
from tests.host_sim.acquirer.till import Till
from tests.host_sim.office.desk import ORDER
from tests.host_sim.web.office.office import said


def test_list_goes_page_by_page_and_every_refund_is_on_one(office):
    for _ in range(60):
        office.desk.apply(100)
    bob, seen, query = office.at("bob"), [], ""
    while True:
        page = bob.get("/refunds" + query).text
        seen += map(int, re.findall(r'href="/office/refunds/(\d+)"', page))
        older = re.search(r'rel="next" href="(\?[^"]+)"', page)
        if older is None:
            break
        query = older[1].replace("&amp;", "&")
    assert seen == list(range(62, 0, -1))


def test_filters_narrow_the_list_and_a_wrong_one_is_told(office):
    office.desk.apply(1234)
    office.desk.approved(4321, order_no="20260012")
    bob = office.at("bob")
    for query, numbers in (
        ({"state": "applied"}, [3]), ({"state": "approved", "order_no": "20260012"}, [4]),
        ({"least": "12.34", "most": "12.34"}, [3]), ({"card_tail": "0004"}, [3]),
        ({"first": "2026-01-15"}, [4, 3]), ({"product": "蓝牙"}, [3]),
        ({"channel": "till"}, [2, 1]),
    ):  # fmt: skip
        page = bob.get("/refunds", **query).text
        assert [*map(int, re.findall(r'/refunds/(\d+)">', page))] == numbers, query
    for query in ({"least": "x"}, {"first": "yesterday"}, {"card_tail": "12345"}, {"before": "-1"}):
        assert bob.get("/refunds", **query).status_code == 422, query


def test_export_is_what_the_list_shows_and_is_noted(office):
    office.desk.apply(1234)
    bob = office.at("bob")
    answer = bob.get("/refunds.csv", order_no="20260004")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["order_no"], row["amount_fen"]) for row in rows] == [("20260004", "12.34")]
    assert "attachment" in answer.headers["content-disposition"]
    sheet = _cells(bob.get("/refunds.xlsx", order_no="20260004").content)
    assert "20260004" in sheet and "12.34" in sheet and "Amount, yuan" in sheet
    told = said(office.at("root").get("/audit"))
    assert "exported as CSV" in told and "exported as XLSX" in told


def test_nothing_in_an_export_is_a_formula(office):
    """Full-width signs are read as formulas too, by spreadsheets in Chinese and Japanese."""
    names = [begins + 'HYPERLINK("http://evil.example")' for begins in "=+-@\t\r\n＝＋－＠"]
    for name in names:
        with office.desk.store.writing() as connection:
            connection.execute(order.update().where(order.c.order_no == ORDER).values(product=name))
        office.desk.apply(100)
    bob = office.at("bob")
    text = bob.get("/refunds.csv", order_no=ORDER).content.decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    assert [row["product"] for row in rows] == ["'" + name for name in names]
    assert "<f>" not in _cells(bob.get("/refunds.xlsx", order_no=ORDER).content)


def test_exports_that_nobody_takes_hold_up_no_page(office):
    """A browser that stops reading holds a connection to the ledger: a few do, the others wait."""
    visitor = accounts.Visitor(1, "bob", "reviewer", "", None)
    scope = {"type": "http", "query_string": b"", "headers": [], "client": ("192.0.2.1", 1)}

    async def begun():
        answers = [await listing.as_csv(Desk(office.house, Request(scope), visitor))
                   for _ in range(20)]  # fmt: skip
        first = [asyncio.create_task(anext(answer.body_iterator)) for answer in answers]
        left = 0
        while left < len(first):  # those that were let in leave, and others come in
            for _ in first:
                await asyncio.sleep(0)
            there = [n for n, task in enumerate(first) if task.done()][left:]
            assert 0 < len(there) <= EXPORTS
            assert office.at("anna").get("/refunds").status_code == 200
            for n in there:
                await answers[n].body_iterator.aclose()
            left += len(there)

    asyncio.run(begun())


def test_sheet_that_would_be_too_long_is_refused_in_words(office, monkeypatch):
    monkeypatch.setattr(listing, "MOST_SHEET", 1)
    answer = office.at("bob").get("/refunds.xlsx")
    assert answer.status_code == 409 and "take the CSV" in said(answer)


def test_voucher_is_a_pdf_marked_as_a_duplicate(office):
    number = office.desk.approved(1234).id
    for language, words in (("en", "Refund voucher"), ("zh", "退款凭证")):
        anna = office.at("anna", language)
        text = _text(anna.get(f"/refunds/{number}/voucher.pdf").content)
        for wanted in (words, "DUPLICATE", "12.34", "20260004", "620550****0004", "蓝牙耳机"):
            assert wanted in text, (wanted, text)
    assert anna.get(f"/refunds/{office.desk.apply().id}/voucher.pdf").status_code == 409


def test_printable_page_has_everything(office):
    number = office.desk.approved(1234).id
    told = said(office.at("anna").get(f"/refunds/{number}/print"))
    for wanted in ("12.34", "20260004", "620550****0004", "bob", "approved"):
        assert wanted in told


def test_lessons_count_what_there_was_and_say_it(office):
    office.desk.approved(10000)
    office.desk.apply(5000, reason="02")
    bob = office.at("bob")
    page = bob.get("/lessons", first="2026-01-01", last="2026-01-31")
    told = said(page)
    assert "there were 3 refunds of ¥ 300.00 together" in told
    assert "Goods returned" in told and "Wrong amount or duplicate" in told and "蓝牙耳机" in told
    assert page.text.count('<svg class="chart"') == 7 and page.text.count("<details>") == 7
    assert bob.get("/lessons", first="2026-02-01", last="2026-01-01").status_code == 422


def test_terminal_from_application_to_its_code(office):
    anna, bob, root = (office.at(name) for name in ("anna", "bob", "root"))
    form = {"merchant_id": "898110070110001", "address": "Nanjing Rd 1", "contact": "13812345678",
            "mac": "unionpay-ecb", "key": "a" * 32}  # fmt: skip
    pages = [anna.post("/terminals", **form) for _ in range(2)]
    assert "138****5678" in said(pages[1]) and "13812345678" not in pages[1].text
    assert pages[1].text.count("Nanjing Rd 1") == 1  # sent twice, there once
    assert root.post("/terminals/1/dispatch", tracking="SF1").status_code == 409
    told = said(bob.post("/terminals/1/verify", good="yes", note="seen"))
    assert "20000001" in told
    page = root.post("/terminals/1/dispatch", tracking="SF1")
    code = re.search(r"(\d{4}) (\d{4}) (\d{4}) (\d{4})", said(page))
    assert code and code[0] not in said(root.get("/terminals"))
    assert code[0].replace(" ", "") not in root.get("/audit").text


def test_terminals_page_shows_check_values_and_last_contact(office):
    till = Till(office.desk.host.acquirer)
    till.sign_on()
    till.refund(office.desk.host.order("20260001"), 100)
    told = said(office.at("anna").get("/terminals"))
    assert re.search(r"10000001 .*? PIK [0-9A-F]{8} MAK [0-9A-F]{8}", told)
    assert "2026-01-15 12:00" in told


def test_audit_is_verified_on_its_page_and_a_changed_row_is_found(office):
    office.desk.approved()
    root = office.at("root")
    assert "unbroken" in said(root.post("/audit/verify"))
    with office.desk.store.writing() as connection:
        connection.exec_driver_sql("drop trigger trail_no_update")
        connection.exec_driver_sql("update trail set who = 'nobody' where id = 1")
    assert "broken: audit row 1" in said(root.post("/audit/verify"))


def test_clearing_shows_what_waits_and_only_the_administrator_moves_the_day(office):
    office.desk.approved(1234)
    bob, root = office.at("bob"), office.at("root")
    assert "12.34" in said(bob.get("/clearing")) and "/advance" not in bob.get("/clearing").text
    assert root.post("/clearing/advance", days="61").status_code == 422
    assert "2026-01-16" in said(root.post("/clearing/advance", days="1"))


def _cells(content):
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith("xml"))


def _text(content):
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
