"""Plays the statements of a key script, one by one, on a Shop.

What a statement finds otherwise than it says is told, never raised: play() makes a Failed of it.
"""
import re

from firmware.text.texts import Texts
from host_sim.acquirer import faults, samples
from host_sim.agreement import CodecsDisagree
from host_sim.bench.wire import Damage
from host_sim.core import FirmwareCrash
from host_sim.play import flash_faults
from host_sim.play.script import CARDS
from host_sim.play.shop import given_back_fen, reprint, wrong_in_ledger
from host_sim.show import story
from host_sim.world import KEY_UP_MS
from protocol.errors import WireFault
from protocol.iso8583 import decode

WAIT_MS = 120_000
IDLE_MS = 60_000        # the longest that a last message stays by itself, and some
OFF_MS = 1_000          # of a power cycle
IDLE = tuple(Texts(language)[name].partition("{")[0] for language in ("zh", "en")
             for name in ("idle.ready", "idle.offline", "idle.welcome", "idle.not_enrolled"))
PRINTER_TROUBLES = {"open": "open", "cutter": "cutter jammed", "hot": "overheated",
                    "broken": "broken"}
# Statements that a capture does not tell in their own words: what they do is seen by itself, or
# they only look. All others touch the parts around.
SEEN = re.compile("press|type|choose|swipe|swipe_badly|scan|hold|power|pass|mark|wait.*|expect.*")
HOST_FAULTS = {"silent": faults.DEAF, "mute": faults.MUTE, "bad-mac": faults.BAD_MAC,
               "ask-sign-on": faults.ASK_SIGN_ON}
ALL_HOST_FAULTS = HOST_FAULTS | {
    "crash": faults.CRASH, "refuse": faults.REFUSE, "wrong-kcv": faults.WRONG_KCV,
    "miscount": faults.MISCOUNT, "delay": faults.DELAY}


SAMPLE_CARDS = dict(zip(CARDS, (row[0] for row in samples.CARDS), strict=True))


class Failed(Exception):
    """The run did not go as the script says. `where` is file:line, `expected` the statement."""

    def __init__(self, where, expected, seen):
        super().__init__(f"{where}: expected: {expected}; {seen}")
        self.where = where
        self.expected = expected
        self.seen = seen


def squeezed(text):
    """Text without its spaces: where a screen or a slip breaks a line means nothing."""
    return "".join(text.split())


def reading(world):
    """What is on the screen, squeezed: a squeezed text that is shown is a part of it."""
    return squeezed("".join(world.screen()))


def is_idle(rows):
    """Whether a screen's four rows are the terminal's resting screen."""
    return any(row.startswith(IDLE) for row in rows)


class Player:
    """Plays the statements of a Script on a Shop; raises Failed where it goes another way."""

    def __init__(self, script, shop):
        self._script = script
        self._shop = shop
        self._world = shop.world
        self._mark = 0      # index into the trace: where "nothing sent" and "no paper" begin

    def play(self):
        """Power on, every statement, then the checks that nothing is left dangling."""
        self._try(f"{self._script.path}: at its start", "the terminal boots", self._world.power_on)
        for statement in self._script.statements:
            self._try(statement.where, statement.text, lambda one=statement: self.happen(one))
        end = f"{self._script.path}: at its end"
        if not self._script.ends_anywhere:
            self._try(end, "the terminal idle again", self._idle)
        self._try(end, "ledger balanced", self.do_expect_balanced)

    def happen(self, statement):
        """Do a Statement -> None, or what was seen instead of what it expects."""
        if not SEEN.fullmatch(statement.name):
            self._world.tell("bench", statement.text)
        return getattr(self, "do_" + statement.name)(*statement.values)

    def _try(self, where, expected, step):
        """Do a step; it returns nothing, or what it saw instead of what was expected."""
        try:
            seen = step()
        except FirmwareCrash as crash:
            seen = f"the firmware crashed: {crash}"
        except CodecsDisagree as difference:
            seen = f"the two codecs disagree: {difference}"
        if seen is not None:
            raise Failed(where, expected, seen)

    def _screen_says(self):
        return "the screen says: " + " | ".join(row or "-" for row in self._world.screen())

    # keys

    def do_press(self, names):
        self._world.press(*names)

    def do_type(self, digits):
        self._world.press(*digits)

    def do_choose(self, text):
        if not self._world.choose(text):
            return self._screen_says()

    def do_swipe(self, card):
        self._world.swipe(_track2(card))

    def do_swipe_badly(self, fault, card):
        self._world.swipe(_track2(card), fault)

    def do_scan(self, code):
        self._world.scan(code)

    def do_hold(self, name, ms):
        self._world.hold(name, ms)
        self._world.run_for(KEY_UP_MS)

    # screen, paper, wire and books

    def do_wait(self, text):
        return self.do_wait_within(text, WAIT_MS)

    def do_wait_within(self, text, limit_ms):
        sought = squeezed(text)
        if not self._world.run_until(lambda: sought in reading(self._world), limit_ms):
            return f"not there after {limit_ms / 1000:g} s, {self._screen_says()}"

    def do_expect_screen(self, text):
        if squeezed(text) not in reading(self._world):
            return self._screen_says()

    def do_expect_not_screen(self, text):
        if squeezed(text) in reading(self._world):
            return self._screen_says()

    def _idle(self):
        if not self._world.run_until(lambda: is_idle(self._world.screen()), IDLE_MS):
            return self._screen_says()

    def do_expect_paper(self, text):
        lines = self._since_mark("paper")
        if squeezed(text) not in squeezed("".join(lines)):
            return f"the paper says: {' | '.join(lines) or 'nothing'}"

    def do_expect_no_paper(self):
        lines = self._since_mark("paper")
        if lines:
            return f"the paper says: {' | '.join(lines)}"

    def do_expect_sent(self, mti, count):
        sent = [_mti(raw) for raw in self._world.packets("out")]
        if sent.count(mti) != count:
            return f"{sent.count(mti)} were sent; all requests so far: {' '.join(sent) or 'none'}"

    def do_expect_nothing_sent(self):
        sent = [_mti(raw) for raw in self._since_mark("out")]
        if any(mti in story.MOVES_MONEY for mti in sent):
            return f"these were sent: {' '.join(sent)}"

    def do_expect_refunded(self, order, amount_fen):
        given_fen = given_back_fen(self._shop, order)
        if given_fen is None:
            return f"the ledger knows no order {order}"
        if given_fen != amount_fen:
            return f"the ledger has given back {given_fen} fen"

    def do_expect_balanced(self):
        wrong = wrong_in_ledger(self._shop)
        if wrong:
            return "; ".join(wrong)

    def do_mark(self):
        self._mark = len(self._world.trace)

    def _since_mark(self, kind):
        return [event.value for event in self._world.trace[self._mark:] if event.kind == kind]

    # the world around

    def do_paper(self, state):
        self._world.device.printer.paper_out = state == "out"

    def do_printer(self, state):
        printer = self._world.device.printer
        printer.unplugged = state == "unplugged"
        printer.trouble = PRINTER_TROUBLES.get(state)

    def do_power(self, state):
        if state in ("off", "cycle"):
            self._world.power_off()
        if state == "cycle":
            self._world.run_for(OFF_MS)
        if state in ("on", "cycle"):
            self._world.power_on()

    def do_flash(self, what):
        if self._world.device.core is not None:
            return "the power is on"
        flash_faults.HAPPEN[what](self._world)

    def do_clock(self, way, span_ms):
        self._world.device.shift_clock(span_ms if way == "forward" else -span_ms)

    def do_wire(self, state):
        self._world.wire.cut(state == "cut")

    def do_noise(self, count):
        for line in self._world.wire.lines:
            line.inject(self._world.rng.randbytes(count), self._world.now_ms)

    def do_damage(self, of_ten_thousand):
        for line in self._world.wire.lines:
            line.damage = Damage(self._world.rng, flip=of_ten_thousand / 10_000)

    def do_host(self, kind, mti, times):
        self._shop.acquirer.faults.script(HOST_FAULTS[kind], mti, times)

    def do_crash(self, when, mti):
        point = 1 if when == "before" else 0    # its first statement, or behind its commit
        self._shop.acquirer.faults.script(faults.CRASH, mti, point=point)

    def do_refuse(self, code, mti, times):
        self._shop.acquirer.faults.script(faults.REFUSE, mti, times, code=code)

    def do_wrong_kcv(self):
        self._shop.acquirer.faults.script(faults.WRONG_KCV, "0800")

    def do_wrong_tmk(self):
        self._shop.acquirer.faults.script(faults.WRONG_KCV, "0820")

    def do_miscount(self):
        self._shop.acquirer.faults.script(faults.MISCOUNT, "0500")

    def do_delay(self, span_ms, mti):
        self._shop.acquirer.faults.script(faults.DELAY, mti, delay_ms=span_ms)

    def do_without(self, fault, mti):
        if not self._shop.acquirer.faults.take_back(ALL_HOST_FAULTS[fault], mti):
            return "no such fault is arranged"

    def do_reprint(self, order):
        if not reprint(self._shop, order):
            return f"no refund of {order} stands"

    def do_pass(self, span_ms):
        self._world.run_for(span_ms)


def _track2(card):
    """Of a sample card by its name, or as the script has it."""
    return samples.track2(SAMPLE_CARDS[card]) if card in SAMPLE_CARDS else card


def _mti(raw):
    """The MTI of a packet seen on the line; `????` for what is none."""
    try:
        return decode(raw).mti
    except WireFault:
        return "????"
