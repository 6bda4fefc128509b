"""How long a key takes from the finger to changed pixels in the browser, on this machine.

Milliseconds of real time, for that is what a finger feels; what the terminal itself waits for a
key's contact to come to rest is told beside it.
"""
from statistics import median, quantiles

from host_sim import shims
from tools.browser import chromium, served

PRESSES = 60
MOST_MS = 50        # beyond the debounce time, at the median
PAUSE_MS = 130      # between two keys, as of a person who types fast
TILL = "tills/10000001"
# From the event of the key to the frame in which the screen is drawn anew.
WATCH = """() => {
  window.took = [];
  let pressed = 0;
  addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  new MutationObserver(() => requestAnimationFrame(() => {
    if (pressed) took.push(performance.now() - pressed);
    pressed = 0;
  })).observe(document.getElementById("rows"), { childList: true, characterData: true });
}"""


def figures(presses=PRESSES):
    """{name: ms}. FileNotFoundError without Chromium."""
    shims.install()
    from firmware.drivers.keypad import DEBOUNCE_MS

    with served("--language", "en") as (address, _), chromium() as browser:
        page = browser.new_page()
        page.goto(address + TILL)
        page.click("#power")
        _until(page, "ENTER to log in")
        page.keyboard.press("Enter")
        _until(page, "Operator")
        page.evaluate(WATCH)
        for number in range(presses):
            page.keyboard.press("Backspace" if number % 2 else "1", delay=40)
            page.wait_for_timeout(PAUSE_MS)
        took = page.evaluate("window.took")
    if len(took) < presses * 0.9:
        raise RuntimeError(f"of {presses} keys only {len(took)} changed the screen")
    return told(took, DEBOUNCE_MS)


def told(took, debounce_ms):
    """Figures of the milliseconds that each key took, and whether MOST_MS is kept."""
    beyond = [one - debounce_ms for one in took]
    middle = round(median(beyond), 1)
    return {"keys": len(took), "debounce, ms": debounce_ms,
            "beyond it at the median, ms": middle,
            "beyond it for 95 of 100, ms": round(quantiles(beyond, n=20)[-1], 1),
            f"under {MOST_MS} ms at the median": "pass" if middle < MOST_MS else "OVER"}


def _until(page, text):
    page.wait_for_function(
        "text => document.getElementById('rows').textContent.includes(text)", arg=text)
