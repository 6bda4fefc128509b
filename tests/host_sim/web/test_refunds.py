"""Whole refunds through the page: real server, real browser, the terminal's own firmware."""
ORDER = "20260004"


def row_of(hand, order):
    """The cells of an order in the acquirer's table."""
    return hand.page.locator(f"#orders tr:has(td:text-is('{order}')) td").all_inner_texts()


def test_refund_from_key_press_to_paper(hand):
    hand.begins()
    hand.answers_until("approved.done", ORDER)
    hand.printed(ORDER)
    hand.page.wait_for_selector("#txns .is-approved")
    assert row_of(hand, ORDER)[2:] == ["520.00", "520.00"]
    titles = hand.page.locator("#frames .title").all_inner_texts()
    messages = [title for title in titles if title not in ("ACK", "NAK")]
    assert messages[-2:] == ["refund request", "reply to refund"]


def test_packet_is_told_byte_by_byte_on_a_click(hand):
    hand.begins()
    hand.page.locator("#frames .packet").first.click()
    hand.page.wait_for_selector("#frame table")
    assert "sign on request" in hand.page.inner_text("#frame")


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
    hand.types("ENTER")
    hand.sees("2/2")
    hand.types("ENTER")
    hand.sees("Asking again")
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
    hand.types("ENTER")
    hand.sees("2/2")
    hand.types("ENTER")
    hand.page.wait_for_selector("#frames li:has-text('refund request')")
    hand.switches("power", "false")
    hand.switches("power", "true")
    hand.page.locator("#keypad").focus()
    hand.page.wait_for_selector("#txns .is-approved")
    hand.answers_until("idle.keys", ORDER)
    assert row_of(hand, ORDER)[3] == "520.00"
