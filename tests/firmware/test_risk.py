"""The rules at the till: what they count, and that what held a refund is told the same for ever."""

from datetime import datetime

import pytest

from firmware.flows.limits import ROWS
from firmware.risk import DEFAULTS, RULES, minutes
from protocol import tlv
from protocol.reference.codec import decode
from protocol.reference.tables import RISK_RULES
from tests.till import Till

YEAR_MS = 365 * 24 * 3600 * 1000
ORDER = "20260004"


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    yield till
    till.world.close()


def limit(till, name, value):
    till.menu("This till", "Operators", "Limits")
    till.wait("Enter password")
    till.press(*"123456", "ENTER")
    till.wait("Limits")
    assert till.world.choose(name)
    till.wait("New,")
    till.press(*value, "ENTER")
    till.wait("now ")
    till.press("ENTER")
    till.idle()


def ask(till, part_fen, order=ORDER):
    """From idle to what follows the amount."""
    till.press("1")
    till.wait("Reason")
    till.press("1")
    till.wait("Order number")
    till.press(*order, "ENTER")
    till.wait("Check order")
    till.press("ENTER", "ENTER")
    till.wait("Full amount")
    till.press("2")
    till.wait("Amount:")
    till.press(*str(part_fen), "ENTER")


def pass_rules(till):
    """The supervisor has read the rules, and lets it pass and be sent."""
    till.wait("Held")
    while "CANCEL stops" not in " ".join(till.world.screen()):
        till.press("ENTER")
        till.world.run_for(100)
    till.press("ENTER")
    till.wait("Enter password")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    till.press("ENTER")
    till.wait("ENTER sends")
    till.press("ENTER")


def rules_told(till):
    """DF13 of each refund, repeat and cancel that was sent."""
    sent = [decode(packet) for packet in till.world.packets("out")]
    return [(m.mti, tlv.unpack(m.fields[62]).get("DF13")) for m in sent if 63 in m.fields
            and m.mti in ("0220", "0221", "0420")]  # fmt: skip


def finish(till):
    till.sign_and_finish()


def test_rules_are_told_alike_after_a_restart_and_when_it_is_taken_back(till):
    limit(till, "Large from", "1000")
    limit(till, "Same order", "1")
    till.send(ORDER, 500)
    finish(till)
    till.faults.script("mute", "0220")
    ask(till, 1000)
    pass_rules(till)
    till.world.run_until(lambda: till.sent("0220")[1:], 5000)
    till.world.power_off()
    till.world.power_on()
    till.log_in()
    till.world.run_until(lambda: till.sent("0221"), 60_000)
    till.wait("ENTER = result")
    till.press("ENTER")
    finish(till)
    till.menu("Records", "Take back")
    till.press("ENTER")
    till.wait("Voucher")
    till.press("ENTER", "ENTER")
    till.wait("Enter password")
    till.press(*"123456", "ENTER")
    till.wait("Second check")
    till.press("ENTER")
    till.wait("takes back")
    till.press("ENTER")
    till.wait("It was taken back")
    assert rules_told(till) == [("0220", None), ("0220", "0204"), ("0221", "0204"),
                                ("0420", "0204")]  # fmt: skip
    assert till.given_back_fen(ORDER) == 500


def test_refunds_dated_later_than_a_clock_set_back_still_count(till):
    limit(till, "Per hour", "1")
    till.send(ORDER, 500)
    finish(till)
    till.world.device.shift_clock(-YEAR_MS)
    ask(till, 500)
    till.wait("1 refunds")


def test_refunds_of_another_operator_do_not_count(till):
    limit(till, "Per hour", "1")
    till.menu("This till", "Operators", "Add")
    till.wait("Enter password")
    till.press(*"123456", "ENTER")
    till.wait("Operator number")
    till.press("2", "ENTER")
    for prompt in ("4 to 8", "once more"):
        till.wait(prompt)
        till.press(*"2468", "ENTER")
    till.wait("new password")
    till.press("ENTER")
    till.idle()
    till.send(ORDER, 500)
    finish(till)
    till.menu("This till", "Log off")
    till.wait("log in")
    till.press("ENTER")
    till.wait("Operator number")
    till.press("2", "ENTER")
    till.wait("Password")
    till.press(*"2468", "ENTER")
    till.wait("First log-in")
    till.press("ENTER")
    for prompt in ("4 to 8", "once more"):
        till.wait(prompt)
        till.press(*"1357", "ENTER")
    till.wait("new password")
    till.press("ENTER")
    till.idle()
    ask(till, 500)
    till.wait("Enter password")


def test_clock_that_was_never_set_is_out_of_hours(till):
    limit(till, "Opens", "0000")
    limit(till, "Closes", "2359")
    ask(till, 500)
    till.wait("Enter password")
    till.press("CANCEL")
    till.wait("Cancelled")
    till.press("ENTER")
    till.idle()
    till.world.device.shift_clock(-5 * YEAR_MS)
    ask(till, 500)
    till.wait("Out of hours")


def test_shop_that_closes_after_midnight():
    till = Till(start=datetime(2026, 3, 16, 1, 30))
    till.log_in()
    limit(till, "Opens", "1800")
    limit(till, "Closes", "0200")
    ask(till, 500)
    till.wait("Enter password")
    till.press("CANCEL")
    till.wait("Cancelled")
    till.press("ENTER")
    till.idle()
    till.world.run_for(3_600_000)
    ask(till, 500)
    till.wait("Out of hours")
    till.world.close()


def test_limits_outlive_the_power(till):
    limit(till, "At most", "10000")
    till.world.power_off()
    till.world.power_on()
    till.log_in()
    ask(till, 10_001)
    till.wait("Above 100.00")


def test_every_rule_that_may_pass_has_a_name_at_the_host_and_every_limit_a_line_in_the_menu():
    assert [number for number, _, may_pass, _ in RULES if may_pass] == list(RISK_RULES)
    assert sorted(row[1] for row in ROWS) == sorted(DEFAULTS)


def test_minutes_follow_the_calendar():
    assert minutes("20240301", "000000") - minutes("20240228", "235900") == 24 * 60 + 1
    assert minutes("20260101", "003000") - minutes("20251231", "233000") == 60
    assert minutes("20260301", "000000") - minutes("20260228", "000000") == 24 * 60
