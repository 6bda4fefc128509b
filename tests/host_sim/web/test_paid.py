"""What the page shows of one refund that was paid, as it is kept in pictures and in both languages.

All tests look at the same refund, which is made once; none may do anything to it.
"""
import pytest
from PIL import Image

from tests.host_sim.web import shots
from tests.host_sim.web.browser import row_of


@pytest.fixture(scope="module")
def hand(chromium, server):
    made = shots.approved(chromium, server)
    yield made
    made.page.context.close()
    assert made.trouble == []


@pytest.fixture
def page(hand):
    shots.show(hand, "desk", "en")
    return hand.page


def test_refund_from_key_press_to_paper(hand, page):
    hand.printed(shots.ORDER)
    page.wait_for_selector("#txns .is-approved")
    assert row_of(hand, shots.ORDER)[2:] == ["520.00", "520.00"]
    titles = page.locator("#frames .title").all_inner_texts()
    messages = [title for title in titles if title not in ("ACK", "NAK")]
    assert messages[-2:] == ["refund request", "reply to refund"]
    assert page.text_content(".machine g.lit") == "approved"
    assert "approved" in page.get_attribute(".machine", "aria-label")


def test_packet_is_told_byte_by_byte_on_a_click_and_by_keys(page):
    page.locator("#frames .packet").first.click()
    page.wait_for_selector("#frame td:has-text('sign on request')")
    page.locator("#frames").focus()
    for key in ("Home", "ArrowDown", "Enter"):      # the line's first is its request, then an ACK
        page.keyboard.press(key)
    page.wait_for_selector("#frame:focus p:has-text('ACK: received')")
    assert page.locator("#frames [tabindex='0']").count() == 0, "packets are one stop, not many"


def test_order_refunded_last_stands_first(page):
    assert page.locator("#orders td").first.inner_text() == shots.ORDER


def test_what_can_be_tried_is_told(page):
    told = page.inner_text(".trying")
    for wanted in ("operator 01: 0000", "180 days", ".51\tMerchant balance too low"):
        assert wanted in told


def test_the_page_and_what_it_tells_is_in_chinese_too(hand):
    shots.show(hand, "desk", "zh")
    for wanted in ("#frames .title:text-is('签到请求')", "#txns td:text-is('消费')",
                   "#frame td:text-is('0230:退货应答')", "#frame th:text-is('F4 金额(分)')",
                   "#records :text('退货 20260004 520.00: 成功')", ".lit :text-is('成功')"):
        hand.page.wait_for_selector(wanted)
    assert hand.page.get_attribute("html", "lang") == "zh"


def test_voucher_has_a_picture_of_its_own(page):
    answer = page.context.request.get(f"{page.url.partition('?')[0]}/slips/0")
    assert answer.ok and answer.body().startswith(b"\x89PNG")


def test_script_that_was_smuggled_into_the_page_does_not_run(hand, page):
    page.evaluate("""document.body.append(Object.assign(document.createElement("script"),
                     { textContent: "window.smuggled = true" }))""")
    assert page.evaluate("window.smuggled") is None
    assert "Content Security Policy" in hand.trouble.pop()


@pytest.mark.parametrize("size", shots.SIZES)
def test_page_looks_as_kept(hand, size):
    shots.show(hand, size, "en")
    screen, layout = shots.lcd(hand), shots.layout(hand)
    assert shots.apart(screen, Image.open(shots.KEPT / "lcd.png").convert("RGB")) == 0
    assert shots.apart(layout, Image.open(shots.KEPT / f"{size}.png")) <= shots.MOST_APART


def test_another_layout_is_told_from_the_kept_one(hand, page):
    page.evaluate("document.querySelector('.device').hidden = true")
    assert shots.apart(shots.layout(hand), Image.open(shots.KEPT / "desk.png")) > shots.MOST_APART
