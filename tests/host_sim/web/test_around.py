"""What stands around the terminal in the page: other languages and sizes, faults, saved runs."""
import re
from urllib.parse import urlsplit

from tests.host_sim.web.browser import Hand, open_anew
from tools.browser import served

ORDER = "20260004"


def test_phone_has_the_whole_terminal_on_one_screen(hands):
    hand = hands(viewport={"width": 390, "height": 844}, has_touch=True)
    for name in ("#power", "#lcd", "[data-key=ENTER]", "#swipe"):
        assert hand.page.locator(name).bounding_box()["y"] < 800
    assert hand.page.evaluate("document.documentElement.scrollWidth") == 390
    hand.page.locator("#power").tap()
    hand.sees("ENTER to log in")
    hand.page.locator("[data-key=ENTER]").tap()
    hand.sees("Operator number")


def tabs_to(page, name):
    """By Tab alone, every stop on the way to be seen."""
    for _ in range(60):
        page.keyboard.press("Tab")
        at, outline = page.evaluate("[document.activeElement.id, "
                                    "getComputedStyle(document.activeElement).outlineStyle]")
        assert outline == "solid", at
        if at == name:
            return
    raise AssertionError(f"Tab does not lead to {name}")


def test_refund_by_keyboard_alone_as_a_screen_reader_tells_it(hand):
    page = hand.page
    tabs_to(page, "speed")
    page.keyboard.type("10")
    tabs_to(page, "power")
    page.keyboard.press("Space")
    page.wait_for_selector("#power[aria-checked=true]")
    hand.answers_until("approved.done", ORDER)      # digits and Enter, wherever the focus is
    tabs_to(page, "frames")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")                  # before the last ACK the reply
    page.keyboard.press("Enter")
    page.wait_for_selector("#frame:focus td:has-text('reply to refund')")
    told = page.locator("main").aria_snapshot()
    for wanted in ('switch "Power" [checked]', 'switch "Network cable" [checked]',
                   "Approved", 'button "ENTER"', 'region "Wire"', 'log "Paper"'):
        assert wanted in told, wanted
    assert page.get_attribute("#rows", "aria-live") == "polite"


def test_host_that_crashes_behind_its_books_pays_once(hand):
    hand.begins()
    hand.page.select_option("#fault [name=kind]", "crash-after")
    hand.page.click("#fault button")
    hand.page.locator("#keypad").focus()
    hand.answers_until("check.title", ORDER)
    hand.presses("ENTER", "ENTER")
    hand.until("refund repeat request")         # the host is down for a while
    hand.answers_until("approved.done", ORDER)
    hand.page.wait_for_selector("#happened:has-text('crash')")
    row = f"#orders tr:has(td:text-is('{ORDER}'))"
    hand.page.wait_for_selector(f"{row} td:text-is('520.00') >> nth=1")
    assert "refund repeat request" in hand.page.locator("#frames .title").all_inner_texts()


def test_saved_run_plays_again_and_shows_the_same_refund(hand, tmp_path):
    hand.begins()
    hand.answers_until("approved.done", ORDER)
    with hand.page.expect_download() as download:
        hand.page.click("a[href$='/run']")
    download.value.save_as(tmp_path / "run.zip")
    hand.page.set_input_files("[name=script]", tmp_path / "run.zip")
    with hand.page.expect_navigation():
        hand.page.click("form[enctype] button")
    hand.page.select_option("#speed", "60")
    hand.page.wait_for_selector("#playing:has-text('Played to its end')")
    hand.page.wait_for_selector("#txns .is-approved:text-is('approved')")
    hand.printed(ORDER)


def test_seed_of_the_campaign_is_told_as_a_story(hand):
    hand.page.fill("form[action='/seeds'] input", "4")
    with hand.page.expect_navigation():
        hand.page.click("form[action='/seeds'] button")
    story = hand.page.inner_text(".story")
    assert "Campaign seed 4" in story and "No invariant was violated." in story
    assert re.search(r"terminal >\s+0800", story)


def test_two_browsers_at_one_terminal_see_the_same(hands):
    one, other = hands(), hands()
    one.begins()
    other.sees("1 Refund")
    other.types("1")
    one.until("Reason")
    assert one.screen() == other.screen()
    one.page.reload()
    one.sees("Reason")
    assert one.page.locator("#frames .packet").count() == 2


def test_fault_is_told_as_arranged_and_a_wrong_statement_is_refused_until_the_next_deed(hand):
    page = hand.page
    page.select_option("#fault [name=kind]", "mute")
    page.click("#fault button")
    page.wait_for_selector("#arranged li:has-text('mute 0220 ×1')")
    page.fill("#statement input", "jump high")
    page.click("#statement button")
    page.wait_for_selector("#trouble:has-text(\"'jump' is no statement\")")
    page.fill("#statement input", "host refuse 51 0200 2")
    page.keyboard.press("Enter")
    page.wait_for_selector("#arranged li:has-text('refuse 0200 51 ×2')")
    assert page.locator("#trouble").is_hidden()
    page.click("#arranged li:has-text('mute 0220') button")
    page.wait_for_selector("#arranged li:has-text('mute 0220')", state="detached")
    page.wait_for_selector("#arranged li:has-text('refuse 0200')")
    for name, other in (("printer open", "printer well"), ("wire damage 100", None)):
        page.click(f"[data-do='{name}']")
        page.wait_for_selector(f"[data-do='{name}'][aria-pressed=true]")
        if other:
            page.wait_for_selector(f"[data-do='{other}'][aria-pressed=false]")


def test_story_is_played_before_ones_eyes(hand):
    hand.page.select_option("[name=story]", "declined")
    with hand.page.expect_navigation():
        hand.page.click("form:has([name=story]) button")
    hand.page.select_option("#speed", "60")
    hand.page.wait_for_selector("#playing:has-text('Played to its end')")
    hand.page.wait_for_selector("#txns .is-declined")


def test_browser_whose_till_is_not_there_any_more_is_led_to_one_that_is(hand):
    address = hand.page.url.partition("tills/")[0]
    hand.page.goto(f"{address}tills/10000006")
    hand.page.wait_for_selector("#power:text-is('Power: off')")
    open_anew(hand.page.context, address, "review_day")
    hand.page.wait_for_url("**/tills/10000001")
    open_anew(hand.page.context, address)


def test_server_that_is_killed_goes_on_where_it_was_and_the_browser_with_it(chromium, tmp_path):
    context = chromium.new_context()
    with served("--keep", tmp_path, "--language", "en") as (address, process):
        hand = Hand(context.new_page(), address)
        hand.switches("power", "true")
        hand.sees("ENTER to log in")
        before = hand.page.inner_text("#now")
        process.kill()
        hand.page.wait_for_selector("#trouble:has-text('Connection lost')")
    with served("--keep", tmp_path, "--language", "en", port=urlsplit(address).port):
        hand.page.wait_for_selector("#power[aria-checked=false]")   # as a power cut leaves it
        assert hand.page.locator("#trouble").is_hidden()
        hand.switches("power", "true")
        hand.sees("ENTER to log in")
        assert hand.page.inner_text("#now") > before
    context.close()
    assert hand.trouble == []
