"""The back office in a browser, on the ledger of the tills beside it: each person a browser."""

import subprocess
import sys

import pytest

from tests.host_sim.web.browser import PATIENCE_MS, Hand
from tools.browser import ROOT, served

PASSWORD, OWN = "correct horse 7", "correct horse 8"
HELD = "20260011"  # every refund of this order waits for a reviewer
PEOPLE = {"anna": "clerk", "bob": "reviewer", "carl": "reviewer"}
PHONE = {"width": 390, "height": 844}
USUAL = {"width": 1280, "height": 720}
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20


class Someone:
    """A person at the back office. `trouble`: what the browser complained of."""

    def __init__(self, chromium, address, name, **options):
        usual = {"viewport": USUAL, "locale": "en-GB", "accept_downloads": True}
        self.context = chromium.new_context(**usual | options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.trouble = []
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", lambda told: self.trouble.append(told.text)
                     if told.type == "error" and "403 (Forbidden)" not in told.text else None)
        self.at = address + "office"
        self.page.goto(f"{self.at}/login")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_load_state()
        if self.page.url.endswith("/password"):  # root chose it
            self.page.fill("[name=password]", PASSWORD)
            self.page.fill("[name=new]", OWN)
            self.page.click("main button")
        self.page.wait_for_url("**/office/refunds*")

    def opens(self, path):
        self.page.goto(self.at + path)

    def does(self, name, **fields):
        """Fill in the form of a deed and send it."""
        form = self.page.locator(f"form[action$='/{name}']")
        for field, value in fields.items():
            form.locator(f"[name={field}]").fill(value)
        form.locator("button").click()

    def reads(self, text):
        """Wait until the page says so."""
        self.page.locator("main").get_by_text(text).first.wait_for()

    def applies(self, order, amount, contact="13812345678"):
        """From the search to the refund's page; its number."""
        page = self.page
        self.opens("/apply")
        page.fill("[name=number]", order)
        page.click("main form button")
        page.click("a:has-text('Choose')")
        page.fill("[name=amount]", amount)
        page.select_option("[name=reason]", "01")
        page.fill("[name=contact]", contact)
        page.set_input_files("[name=files]", {"name": "box.png", "mimeType": "image/png",
                                              "buffer": PNG})  # fmt: skip
        page.click("button:has-text('On to check')")
        page.wait_for_url("**/apply/check/*")
        self.reads(f"¥ {amount}")
        self.reads("2026-03-21")
        page.click("button:has-text('Hand in')")
        page.wait_for_url("**/refunds/*")
        return page.url.split("/")[-1].partition("?")[0]


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory):
    """The address of a `tuidan run` that keeps its ledger, whose first administrator was made on
    the command line."""
    folder = tmp_path_factory.mktemp("kept")
    with served("--keep", folder, "--language", "en") as (address, _):
        made = subprocess.run(
            [sys.executable, "-m", "tools.cli", "office", "add-admin", "--name", "root",
             "--ledger", folder / "samples-en-0" / "ledger.db"],
            input=PASSWORD + "\n", text=True, cwd=ROOT, capture_output=True)  # fmt: skip
        assert made.returncode == 0, made.stderr
        yield address


@pytest.fixture(scope="module")
def people(chromium, open_shop):
    """people(name, **options of a browser): somebody who is logged in; root adds the others."""
    root = Someone(chromium, open_shop, "root")
    there = {"root": root}
    for name, role in PEOPLE.items():
        root.opens("/accounts")
        form = root.page.locator("aside form")
        form.locator("[name=name]").fill(name)
        form.locator("[name=role]").select_option(role)
        form.locator("[name=new]").fill(PASSWORD)
        form.locator("button").click()
        root.reads("The account is there")

    def one(name, **options):
        key = f"{name} {options}" if options else name
        if key not in there:
            there[key] = Someone(chromium, open_shop, name, **options)
        return there[key]

    yield one
    for someone in there.values():
        someone.context.close()
    assert [someone.trouble for someone in there.values()] == [[] for _ in there]


def test_terminal_refund_held_for_review_is_approved_by_another_and_the_terminal_prints(
    chromium, open_shop, people
):
    context = chromium.new_context(viewport=USUAL)
    till, bob = Hand(context.new_page(), open_shop), people("bob")
    till.begins()
    till.answers_until("held.title", HELD)
    assert till.page.locator("#paper img").count() == 0
    till.presses("ENTER")
    bob.opens("/review")
    bob.reads("till 10000001, operator 01")
    bob.page.click("a:has-text('Look and decide')")
    bob.does("approve", note="seen by bob")
    bob.reads("Approved and posted.")
    till.page.bring_to_front()
    till.until("ENTER = result")
    till.presses("ENTER")
    till.answers_until("approved.done", HELD)
    till.printed(HELD)
    till.presses("ENTER")
    bob.does("reprint")  # the customer lost his
    bob.reads("waits for the till")
    till.page.bring_to_front()
    till.page.locator("#keypad").focus()
    till.answers_until("idle.keys", HELD)
    till.presses("MENU", "4", "7")
    till.until("Printed again")
    till.printed("DUPLICATE")
    bob.page.reload()
    bob.page.locator(".deeds").get_by_text("10000001 · Printed").wait_for()
    context.close()
    assert till.trouble == []


def test_online_refund_from_application_to_paid(people):
    anna, bob, root = people("anna"), people("bob"), people("root")
    number = anna.applies("20260004", "120.00")
    anna.reads("Handed in")
    anna.page.go_back()  # to the check page, which leads here again
    anna.page.wait_for_url(f"**/refunds/{number}*")
    anna.reads("138****5678")
    assert anna.page.locator("form[action$='/approve']").count() == 0
    bob.opens(f"/refunds/{number}")
    with bob.page.expect_download() as taken:
        bob.page.click("a:has-text('box.png')")
    assert taken.value.suggested_filename.startswith("evidence-")
    bob.does("approve", note="ok")
    bob.reads("Approved and posted.")
    root.opens("/clearing")
    root.page.click("button:has-text('Three days on')")
    root.reads("The calendar has moved on")
    anna.opens(f"/refunds/{number}")
    anna.reads("The customer has the money.")
    with anna.page.expect_download() as taken:
        anna.page.click("a:has-text('Voucher (PDF)')")
    assert taken.value.suggested_filename == f"voucher-{number}.pdf"
    anna.opens("/customer")
    anna.page.fill("[name=order]", "20260004")
    anna.page.fill("[name=card_tail]", "0004")
    anna.page.click("main button")
    anna.reads("It is on your account.")


def test_more_asked_answered_and_rejected(people):
    anna, bob = people("anna"), people("bob")
    number = anna.applies("20260005", "30.00")
    bob.opens(f"/refunds/{number}")
    bob.does("ask", note="a photo of the box?")
    bob.reads("The applicant has to answer.")
    anna.opens(f"/refunds/{number}")
    anna.does("answer", answer="the box is gone")
    bob.opens(f"/refunds/{number}")
    bob.reads("the box is gone")
    bob.does("reject", note="no box, no refund")
    bob.reads("Rejected; nothing is paid.")


def test_dispute_sends_the_money_again_and_a_correction_keeps_the_old_value(people):
    anna, bob, carl, root = (people(name) for name in ("anna", "bob", "carl", "root"))
    number = anna.applies("20260012", "40.00")
    anna.does("correct", contact="13911112222", why="typed wrong")
    anna.reads("139****2222")
    assert "138****5678" in anna.page.inner_text("del")
    bob.opens(f"/refunds/{number}")
    bob.does("approve")
    root.opens("/clearing")
    root.page.click("button:has-text('Three days on')")
    bob.opens(f"/refunds/{number}")
    bob.does("dispute", claim="the customer has no money")
    bob.reads("You opened it")
    carl.opens(f"/refunds/{number}")
    carl.does("close", answer="the bank sent it back")
    carl.reads("The dispute is closed.")
    carl.does("retry")
    carl.reads("It is on its way again.")


def test_role_finds_no_door_that_is_not_its_own(people):
    anna, bob = people("anna"), people("bob")
    rooms = anna.page.locator(".rooms").inner_text()
    assert "Audit" not in rooms and "Accounts" not in rooms
    for someone, path in ((anna, "/accounts"), (anna, "/audit"), (bob, "/accounts"),
                          (anna, "/refunds.csv")):  # fmt: skip
        someone.opens(path)
        someone.reads("Your role may not do that.")


def test_whole_application_without_a_script(people):
    root = people("root", java_script_enabled=False)
    root.applies("20260006", "10.00")
    root.reads("Handed in")


@pytest.mark.parametrize("size, language", [(PHONE, "en"), (PHONE, "zh"), (USUAL, "zh")])
def test_pages_fit_the_screen(people, size, language):
    root = people("root", viewport=size)
    for path in ("/refunds", "/refunds/1", "/apply?number=20260012", "/review", "/clearing",
                 "/apply/form?order=20260012", "/lessons", "/terminals", "/audit",
                 "/accounts"):  # fmt: skip
        root.opens(path + ("&" if "?" in path else "?") + "lang=" + language)
        wide = root.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], path
