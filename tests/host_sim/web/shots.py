"""The page as it is kept in pictures: compared by test_paid, drawn anew by
`python -m tests.host_sim.web.shots`, which also makes those of the README.

The terminal's own pixels must be the same; of the rest, which a machine's fonts and form controls
colour, only the layout is held, in a small picture of blurred greys.
"""
import base64
import io
import sys

from PIL import Image, ImageChops, ImageFilter, ImageStat

from tests.host_sim.web.browser import Hand, open_anew
from tools.browser import ROOT, chromium, served

KEPT = ROOT / "tests" / "host_sim" / "web" / "kept"
DOCS = ROOT / "docs"
ORDER = "20260004"
SIZES = {"desk": (1280, 720), "phone": (390, 844)}
LAYOUT = 160        # pixels wide is the small picture
MOST_APART = 9      # of 255 grey levels on average
COLOURS = 128


def approved(browser, address, language="en"):
    """A Hand whose refund was approved just now, its clock standing."""
    context = browser.new_context(reduced_motion="reduce")
    open_anew(context, address, language=language)
    hand = Hand(context.new_page(), f"{address}tills/10000001?lang={language}", language)
    hand.begins()
    hand.answers_until("approved.done", ORDER)
    hand.page.wait_for_selector("#slips a >> nth=1")
    hand.page.wait_for_selector("#txns .is-approved")
    return hand


def show(hand, size, words):
    """Let the page be seen anew: in a size of SIZES, in English or Chinese, one packet opened."""
    width, height = SIZES[size]
    hand.page.set_viewport_size({"width": width, "height": height})
    hand.page.goto(f"{hand.page.url.partition('?')[0]}?lang={words}")
    hand.page.wait_for_selector("#txns .is-approved")
    hand.page.locator("#frames .packet").last.click()
    hand.page.wait_for_selector("#frame table")
    hand.page.evaluate("document.fonts.ready.then(() => scrollTo(0, 0))")
    hand.page.evaluate("document.activeElement.blur()")


def lcd(hand):
    """The screen as its canvas has it."""
    data = hand.page.evaluate("document.getElementById('lcd').toDataURL().split(',')[1]")
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def layout(hand):
    """The visible page, small and grey."""
    page = Image.open(io.BytesIO(hand.page.screenshot())).convert("L")
    height = page.height * LAYOUT // page.width
    return page.resize((LAYOUT, height), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1))


def apart(one, other):
    """How many grey levels two pictures of one size are apart on average; 255 for two sizes."""
    if one.size != other.size:
        return 255
    return ImageStat.Stat(ImageChops.difference(one, other)).mean[0]


def save(hand, size, words):
    """As a picture of the README."""
    show(hand, size, words)
    page = Image.open(io.BytesIO(hand.page.screenshot())).convert("RGB")
    page = page.quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    page.save(DOCS / f"face-{size}.png", optimize=True)


def main():
    KEPT.mkdir(exist_ok=True)
    with served("--language", "en") as (address, _), chromium() as browser:
        hand = approved(browser, address)
        lcd(hand).quantize(4).save(KEPT / "lcd.png", optimize=True)
        for size in SIZES:
            show(hand, size, "en")
            layout(hand).save(KEPT / f"{size}.png", optimize=True)
        save(hand, "desk", "en")
        save(approved(browser, address, "zh"), "phone", "zh")
    for path in (*KEPT.iterdir(), *DOCS.glob("face-*.png")):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(main())
