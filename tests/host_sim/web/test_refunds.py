"""Whole refunds through the page: real server, real browser, the terminal's own firmware. The one
that simply goes well is test_paid's."""
from tests.host_sim.web.browser import row_of

ORDER = "20260004"


def test_declined_refund_says_why_and_gives_nothing_back(hand):
    hand.begins()
    hand.answers_until("declined.title", ORDER, 5_051)
    assert "51" in hand.screen()
    assert row_of(hand, ORDER)[3] == "0.00"


def test_cable_pulled_in_mid_flight_and_plugged_in_again_gives_one_refund(hand):
    hand.begins()
    hand.answers_until("check.title", ORDER)
    hand.switches("plug", "false")
    hand.page.locator("#keypad").focus()
    hand.presses("ENTER", "ENTER")
    hand.until("Asking again")
    hand.switches("plug", "true")
    hand.page.locator("#keypad").focus()
    hand.answers_until("approved.done", ORDER)
    assert row_of(hand, ORDER)[3] == "520.00"


def test_power_cut_in_mid_flight_is_recovered_from(hand):
    hand.begins()
    hand.answers_until("check.title", ORDER)
    hand.page.select_option("#fault [name=kind]", "mute")
    hand.page.click("#fault button")
    hand.page.locator("#keypad").focus()
    hand.presses("ENTER", "ENTER")
    hand.until("refund request")
    hand.switches("power", "false")
    hand.switches("power", "true")
    hand.page.locator("#keypad").focus()
    hand.page.wait_for_selector("#txns .is-approved")
    hand.answers_until("idle.keys", ORDER)
    assert row_of(hand, ORDER)[3] == "520.00"
