"""Debian's Chromium, driven by Playwright, before a `tuidan run` of its own: what the tests of the
face stand on. Waits are for what is on the page, never for a time."""
from playwright.sync_api import TimeoutError as NotInTime

from firmware.text.texts import Texts
from host_sim.play.player import squeezed
from tools.demo import ORDER, answers, landmark

PATIENCE_MS = 60_000
AGAIN_MS = 10_000
MOST_STEPS = 200
SHOWN = "document.getElementById('rows').textContent.replace(/\\s/g, '')"
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

    def sees(self, text):
        """Wait until the terminal's screen says so; where a row breaks means nothing."""
        self._waits(f"{SHOWN}.includes(it)", squeezed(text))

    def _waits(self, condition, it):
        """Until a JavaScript condition about `it` holds; says what stood there if it never did."""
        try:
            self.page.wait_for_function(f"it => {condition}", arg=it)
        except NotInTime:
            passed = self.page.locator("#frames li").all_inner_texts()
            done = self.page.context.request.get(
                f"{self.page.url.partition('?')[0]}/script").text()
            raise AssertionError(f"waited for {it}; the screen says: {self.screen()!r}; on the "
                                 f"line: {passed}; what was done:\n{done}") from None

    def types(self, *keys):
        """Keys of the terminal by the keyboard, one after the other."""
        for key in keys:
            self.page.keyboard.press(TYPED.get(key, key))

    def presses(self, key):
        """A key of the terminal, and wait for what the screen makes of it; once more, as a person
        does it, if that is nothing: news that comes in the same moment swallows a key."""
        shown = squeezed(self.screen())
        self.types(key)
        try:
            self.page.wait_for_function(f"it => {SHOWN} !== it", arg=shown, timeout=AGAIN_MS)
        except NotInTime:
            self.types(key)
            self._waits(f"{SHOWN} !== it", shown)

    def switches(self, name, state):
        """Click a switch until it says so: on or off."""
        switch = self.page.locator(f"#{name}")
        if switch.get_attribute("aria-checked") != state:
            switch.click()
        self.page.wait_for_selector(f"#{name}[aria-checked={state}]")

    def screen(self):
        return self.page.inner_text("#rows")

    def printed(self, text):
        """Wait until a line of the paper says so."""
        self._waits("[...document.querySelectorAll('#paper img')].some("
                    "line => line.alt.includes(it))", text)

    def goes_fast(self):
        """The terminal's clock ten times as fast as the real one."""
        self.page.select_option("#speed", "10")
        self.page.locator("#keypad").focus()

    def steps_to(self, text):
        """From event to event, until the screen says so, or a packet of this title has passed; then
        the clock goes on, fast."""
        for _ in range(MOST_STEPS):
            self.page.click("#step")
            if (squeezed(text) in squeezed(self.screen())
                    or text in self.page.locator("#frames .title").all_inner_texts()):
                return self.goes_fast()
        raise AssertionError(f"no {text!r} within {MOST_STEPS} events; {self.screen()!r}")

    def begins(self):
        """From the switch to the idle screen."""
        self.switches("power", "true")
        self.goes_fast()
        self.answers_until("idle.keys", ORDER)

    def answers_until(self, wanted, order, amount_fen=None):
        """Do what the demo's operator does at each question, until this one is asked."""
        texts = Texts(self.language)
        table = {name: (landmark(texts[name]), keys)
                 for name, keys in answers(order, amount_fen).items()}
        table.setdefault(wanted, (landmark(texts[wanted]), []))
        marks = [mark for mark, _ in table.values()]
        while True:
            self._waits(f"it.some(mark => {SHOWN}.includes(mark))", marks)
            shown = squeezed(self.screen())
            name = next((name for name, (mark, _) in table.items() if mark in shown), None)
            if name == wanted:
                return
            for key in table[name][1] if name is not None else ():
                self.presses(key)


def row_of(hand, order):
    """The cells of an order in the acquirer's table."""
    return hand.page.locator(f"#orders tr:has(td:text-is('{order}')) td").all_inner_texts()
