"""Help: from every message of trouble, one key leads to what to do, what to have at hand, whom to
call; and every trouble that the firmware can tell of is in its table."""

import ast
import re
from pathlib import Path

import pytest

from firmware.flows.help import HELP, ISSUER, SERVICE, SUPERVISOR, _found
from firmware.text.texts import LANGUAGES, Texts
from protocol.reference.tables import CODES
from tests.till import Till

FIRMWARE = Path(__file__).parents[2] / "firmware"
HELPED = {one for _, _, ids in HELP for one in ids.split()}


def troubles():
    """Text ids of all that the firmware says and leaves standing until a key: bodies of Stopped
    and of messages without an end of their own, outcomes of an exchange, troubles of the printer.
    """
    found = {"printer.silent", "code.other"} | {"code." + code for code in CODES if code != "00"}
    for path in FIRMWARE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                found |= bodies(node)
            elif isinstance(node, ast.Assign) and path.name in ("host.py", "printer.py"):
                found |= named(node)
            elif isinstance(node, ast.Constant) and re.fullmatch(r"[a-z_]+\.body", str(node.value)):
                found.add(node.value)
    return found - {"sending.body", "again.body", "approved.body", "signature.body"}


def bodies(call):
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name == "Stopped":
        said = call.args[1:2]
    elif name == "ask" and call.args and getattr(call.args[0], "value", "") == "message":
        said = call.args[2:3] if all(k.arg != "timeout_ms" for k in call.keywords) else []
    else:
        return set()
    return {n.value for one in said for n in ast.walk(one)
            if isinstance(n, ast.Constant) and re.fullmatch(r"\w+\.\w+", str(n.value))}


def named(assign):
    """Outcomes that are text ids; _TROUBLES of the printer."""
    texts = {n.value for n in ast.walk(assign.value)
             if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    if getattr(assign.targets[0], "id", "") == "_TROUBLES":
        return {"printer." + one for one in texts}
    return {one for one in texts if one.endswith(".body")}


def test_the_search_finds_what_is_known_to_be_there():
    assert {"no_line.body", "bad_keys.body", "journal_full.body", "printer.open", "order.unknown",
            "take_back.closed", "code.51", "password.wrong", "memory.body"} <= troubles()


def test_every_code_and_every_local_failure_has_words_and_a_next_step_in_both_languages():
    for language in LANGUAGES:
        texts = Texts(language)
        assert [one for one in troubles() if one not in texts] == []
        assert [one for row in HELP for one in row[:2] if one not in texts] == []
    helped = {one for one in troubles()
              if one in HELPED or one.split(".")[0] + "." in HELPED}
    assert troubles() - helped == set()
    assert [one for one in helped if _found(one) not in [row[:2] for row in HELP]] == []
    assert _found("code.51")[0] == "help.balance"
    assert _found("password.wrong") == ("help.password", SUPERVISOR)


def test_every_line_of_the_table_is_for_something_that_is_said():
    files = [path for path in FIRMWARE.rglob("*.py") if path.name != "help.py"]
    source = "".join(path.read_text() for path in files)
    said = {one for one in HELPED if f'"{one}' in source}
    # a sale has words of its own
    own = {one for one in HELPED if f'"{one.removeprefix("sale.")}"' in source}
    own |= {one for one in HELPED if one.removeprefix("sale.") in troubles()}
    assert HELPED - said - troubles() - own == set()
    assert {whom for _, whom, _ in HELP} == {SERVICE, ISSUER, SUPERVISOR}


def help_page(till):
    """All rows of the help page that is open, from its first page to its last."""
    till.wait("Help")
    rows = []
    while True:
        screen = till.world.screen()
        rows += screen[1:]
        page = re.search(r"(\d)/(\d)", screen[0])
        if not page or page[1] == page[2]:
            return " ".join(row for row in rows if row)
        till.press("DOWN")
        till.wait(f"{int(page[1]) + 1}/{page[2]}")


def test_help_of_a_declined_refund_tells_the_numbers_of_that_refund():
    till = Till()
    till.log_in()
    till.send("20260004", part_fen=1051)
    till.wait("Declined 51")
    assert till.world.screen()[0].rstrip().endswith("?")
    till.press("MENU")
    told = help_page(till)
    for part in ("Top it up", "Order 20260004", "Voucher 0000", "Answer 51", "09:3",
                 "Till 10000001", "400-000-0000"):
        assert part in told
    till.press("CANCEL")
    till.wait("Declined 51")
    till.press("CANCEL")
    till.idle()


def test_help_of_a_dead_line_needs_no_transaction():
    till = Till()
    till.log_in()
    till.world.wire.cut(True)
    till.menu("This till", "Line test")
    till.wait("Line failed")
    till.press("MENU")
    told = help_page(till)
    assert "Check power and cable" in told and "Till 10000001" in told
    assert "Order" not in told and "Voucher" not in told
    till.press("ENTER")
    till.wait("Line failed")
    till.press("ENTER")
    till.wait("MENU")


def test_help_of_an_order_that_is_not_there_tells_its_number():
    till = Till()
    till.log_in()
    till.press("1")
    till.wait("Reason")
    till.press("1")
    till.wait("Order number")
    till.press(*"77777777777", "ENTER")
    till.wait("Query failed")
    assert till.world.screen()[0] == "Query failed  1?"  # the longest title, and two pages
    till.press("MENU")
    assert "Order 77777777777" in help_page(till)
    till.press("CANCEL")
    till.wait("Query failed")
    till.press("ENTER")
    till.idle()


@pytest.mark.parametrize("trouble, words, advice", [
    ("open", "Cover open", "until it clicks"), ("overheated", "too hot", "Hot: wait"),
    ("cutter jammed", "Cutter jammed", "cutter"), ("broken", "Printer fault", "off and on"),
])
def test_each_trouble_of_the_printer_has_its_own_words_and_help(trouble, words, advice):
    till = Till()
    till.log_in()
    till.world.device.printer.trouble = trouble
    till.send("20260004", part_fen=1000)
    till.wait(words)
    till.press("MENU")
    told = help_page(till)
    assert advice in told and "Order 20260004" in told
    till.press("CANCEL")
    till.wait(words)
    till.world.device.printer.trouble = None
    till.press("ENTER")
    till.sign_and_finish()
