"""Debian's Chromium, driven by Playwright, before a `tuidan run` of its own: what the tests of the
face stand on. Waits are for what is on the page, never for a time: while a person reads and presses
the terminal's clock stands, and it goes on second by second, so that on the slowest machine no
message passes unread and no operator's time runs out.
"""
from playwright.sync_api import TimeoutError as NotInTime

from firmware.text.texts import Texts
from host_sim.play.player import squeezed
from tools.demo import ORDER, answers, landmark

PATIENCE_MS = 120_000
MOST_SECONDS = 200      # of the terminal, for one thing to come
SHOWN = "document.getElementById('rows').textContent.replace(/\\s/g, '')"
NOW = "document.getElementById('now').dataset"      # the clock as the server told it last
TYPED = {"ENTER": "Enter", "CANCEL": "Escape", "CLEAR": "Backspace", "MENU": "m",
         "UP": "ArrowUp", "DOWN": "ArrowDown"}


def open_anew(context, address, scenario="samples", language="en", seed=0):
    """A new world in the server, for a browser's context."""
    answer = context.request.post(
        f"{address}open", headers={"Origin": address.rstrip("/")},
        form={"scenario": scenario, "language": language, "seed": str(seed)})
    assert answer.ok, answer.text()


class Hand:
    """A person before the page of a till. `language`: the terminal's; `trouble`: what the
    browser's console complained of."""

    def __init__(self, page, address, language="en"):
        self.page = page
        self.language = language
        self.trouble = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", lambda told: self.trouble.append(told.text)
                if told.type == "error" and "WebSocket" not in told.text else None)
        page.goto(address)
        self._waits(f"{NOW}.at")        # from now on the page takes what is done

    def sees(self, text):
        """Wait until the terminal's screen says so; where a row breaks means nothing."""
        self._waits(f"{SHOWN}.includes(it)", squeezed(text))

    def printed(self, text):
        """Wait until a line of the paper says so."""
        self._waits("[...document.querySelectorAll('#paper img')].some("
                    "line => line.alt.includes(it))", text)

    def _waits(self, condition, it=None):
        """Until a JavaScript condition about `it` holds; says what stood there if it never did."""
        try:
            self.page.wait_for_function(f"it => {condition}", arg=it)
        except NotInTime:
            raise self._never(it or condition) from None

    def _never(self, awaited):
        passed = self.page.locator("#frames li").all_inner_texts()
        done = self.page.context.request.get(f"{self.page.url.partition('?')[0]}/script").text()
        return AssertionError(f"waited for {awaited}; the screen says: {self.screen()!r}; on the "
                              f"line: {passed}; what was done:\n{done}")

    def types(self, *keys):
        """Keys of the terminal by the keyboard, one after the other."""
        for key in keys:
            self.page.keyboard.press(TYPED.get(key, key))

    def presses(self, *keys):
        """Keys of the terminal while its clock stands; of each, what the screen makes of it."""
        self.stops()
        for key in keys:
            shown = squeezed(self.screen())
            self.types(key)
            self._goes_until(lambda shown=shown: squeezed(self.screen()) != shown, f"after {key}")

    def switches(self, name, state):
        """Click a switch until it says so: on or off."""
        switch = self.page.locator(f"#{name}")
        if switch.get_attribute("aria-checked") != state:
            switch.click()
        self.page.wait_for_selector(f"#{name}[aria-checked={state}]")

    def screen(self):
        return self.page.inner_text("#rows")

    # the terminal's clock

    def stops(self):
        """The clock stands; what is on the page then is how things are."""
        self.page.evaluate("""() => {
            const speed = document.getElementById("speed");
            speed.value = "0";
            speed.dispatchEvent(new Event("change"));
        }""")
        self._waits(f"{NOW}.speed === '0'")

    def _goes_until(self, there, awaited):
        """Second by second; each is over when the page shows what came of it."""
        for _ in range(MOST_SECONDS):
            if there():
                return
            before = self.page.evaluate(f"{NOW}.at")
            self.page.evaluate("document.getElementById('second').click()")
            self._waits(f"{NOW}.at !== it", before)
        raise self._never(awaited)

    def until(self, text):
        """Second by second, until the screen says so, or a packet of this title has passed."""
        self.stops()
        self._goes_until(lambda: squeezed(text) in squeezed(self.screen()) or text in
                         self.page.locator("#frames .title").all_inner_texts(), text)

    def begins(self):
        """From the switch to the idle screen."""
        self.switches("power", "true")
        self.page.locator("#keypad").focus()
        self.answers_until("idle.keys", ORDER)

    def answers_until(self, wanted, order, amount_fen=None):
        """Do what the demo's operator does at each question, until this one is asked."""
        texts = Texts(self.language)
        table = {name: (landmark(texts[name]), keys)
                 for name, keys in answers(order, amount_fen).items()}
        table.setdefault(wanted, (landmark(texts[wanted]), []))

        def asked():
            shown = squeezed(self.screen())
            return next((name for name, (mark, _) in table.items() if mark in shown), None)

        self.stops()
        while True:
            self._goes_until(asked, [mark for mark, _ in table.values()])
            name = asked()
            if name == wanted:
                return
            self.presses(*table[name][1])


def row_of(hand, order):
    """The cells of an order in the acquirer's table."""
    return hand.page.locator(f"#orders tr:has(td:text-is('{order}')) td").all_inner_texts()
