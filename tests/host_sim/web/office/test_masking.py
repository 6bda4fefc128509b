"""Nothing of a customer in clear, anywhere: every page is crawled, every file opened, the log read,
by one who knows every card and every contact of the shop."""

import io
import logging
import re
import zipfile
from collections import deque
from html import unescape

import pypdf
import pytest

from host_sim.acquirer import samples
from host_sim.office import integrators, life, notices
from tests.host_sim.acquirer.till import Till
from tests.host_sim.office.desk import ROOT

CARDS = [row[0] for row in samples.CARDS]
WALLETS = [row[3].partition(":")[2] for row in samples.ORDERS if row[3].startswith("wallet:")]
CONTACTS = ["13812345678", "li.si@example.com", "021-62345678", "王小明家"]
CORRECTED = "13911112222"


@pytest.fixture
def busy(office):
    """Every kind of thing that there is, with a contact of its own behind each."""
    desk = office.desk
    for number, contact in enumerate(CONTACTS):
        desk.apply(1000 + number, contact=contact)
    paid = desk.approved(12000, contact=CONTACTS[0]).id
    desk.approved(12082, order_no="20260012", contact=CONTACTS[1])
    desk.days(3)
    till = Till(desk.host.acquirer, samples.CAREFUL_TERMINAL)
    till.sign_on()
    till.refund(desk.host.order("20260201", samples.CAREFUL_SHOP), 60_000)
    bob, anna, root = (office.at(name) for name in ("bob", "anna", "root"))
    files = [("files", (f"{CARDS[0]} {CONTACTS[0]}.pdf", b"%PDF-1.4 x", "application/pdf"))]
    bob.post(f"/refunds/{paid}/dispute", claim=f"card {CARDS[0]}, call {CONTACTS[0]}", files=files)
    form = {"reason": "01", "type": "online", "quantity": "1", "contact": CORRECTED,
            "remark": f"{CONTACTS[2]}, {CARDS[1]}"}  # fmt: skip
    anna.post("/refunds/3/correct", why=f"not {CONTACTS[0]}", **form)
    desk.apply(50, contact=CARDS[3], remark=f"{CARDS[1]} 2, {CONTACTS[0]} 20260004")
    bob.post("/refunds/4/ask", note=f"is {CONTACTS[1]} right?")
    bob.post("/refunds/5/reject", note=f"{CARDS[2]}")
    terminal = {"merchant_id": samples.TEST_SHOP, "address": "Nanjing Rd 1", "mac": "sm4"}
    anna.post("/terminals", contact=CONTACTS[2], **terminal)
    return office


def test_no_page_file_or_log_shows_a_card_or_a_contact(busy, caplog):
    caplog.set_level(logging.DEBUG)
    seen = {}
    for name in ("root", "anna"):
        for language in ("en", "zh"):
            seen |= crawled(busy.at(name, language))
    seen["notices"] = told_to_integrators(busy)
    form = {"order": "20260004", "card_tail": "0004"}
    seen["customer"] = busy.stranger().post("/office/customer", data=form).text
    assert len(seen) > 60
    for kind in ("csv", "xlsx", "voucher.pdf", "/print", "/evidence/", "form?"):
        assert any(kind in path for path in seen), kind
    seen["log"] = caplog.text
    for path, text in seen.items():
        for secret in CARDS + WALLETS + CONTACTS + [CORRECTED]:
            assert secret not in text, (secret, path)
            assert re.sub("[ -]", "", secret) not in re.sub("[ -]", "", text), (secret, path)


def test_ledger_holds_no_card_number(busy):
    with busy.desk.store.engine.connect() as connection:
        image = connection.connection.driver_connection.serialize()
    for card in CARDS:
        assert card.encode() not in image


def told_to_integrators(office):
    """All that webhooks and the API's answers say of every refund."""
    desk, url = office.desk, "http://127.0.0.1:9/"
    office.desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, url)
    desk.apply(900, contact=CONTACTS[0], remark=f"{CARDS[0]} {CONTACTS[1]}")
    with desk.store.reading() as connection:
        waiting = notices.due(connection, office.clock, desk.now.date())
        told = [integrators.told(life.find(connection, row.id), desk.now.date())
                for row in desk.refunds()]  # fmt: skip
    assert waiting and len(told) > 8
    return repr(waiting) + repr(told)


def crawled(person):
    """{address: what it says} of every page and file that can be reached by links."""
    seen: dict[str, str] = {}
    ahead = deque(f"/office/{path}" for path in (
        "refunds", "customer", "password", "apply?card_tail=0004", "apply?card_tail=0005"))
    while ahead:
        path = ahead.popleft()
        if path in seen or "lang=" in path or "/apply/form" in path and "key=" in path:
            continue
        answer = person.browser.get(path)
        if answer.status_code == 303:
            ahead.append(answer.headers["location"])
            seen[path] = ""
            continue
        assert answer.status_code < 400, path
        seen[path] = text_of(answer)
        if "html" in answer.headers["content-type"]:
            base = path.partition("?")[0]
            for link in re.findall(r'href="([^"]+)"', answer.text):
                link = unescape(link)
                link = base + link if link.startswith("?") else link
                if link.startswith("/office/"):
                    ahead.append(link)
    return seen


def text_of(answer):
    kind = answer.headers["content-type"]
    if "pdf" in kind and "evidence" not in answer.headers["content-disposition"]:
        pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        return "".join(page.extract_text() for page in pages)
    if "sheet" in kind:
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return "".join(book.read(name).decode() for name in book.namelist())
    return unescape(answer.content.decode("utf-8", "replace")) + str(dict(answer.headers))
