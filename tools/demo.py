"""`tuidan demo`: one refund in real time, firmware and acquirer over a real serial loopback.

A patient operator plays it: he reads the screen, presses what the table says for it, and looks
whether the screen moved on. He never counts seconds, so a slow machine only makes him slower.
"""
import argparse
import json
import re
import sys
from contextlib import nullcontext

from firmware.text.texts import Texts
from host_sim.core import FirmwareCrash
from host_sim.on_micropython import HEAP_KB
from host_sim.play.player import reading, squeezed
from host_sim.play.shop import PASSWORDS, open_shop
from host_sim.realtime import RealTimeWorld
from host_sim.show import story
from host_sim.show.explain import MAC_STEPS, yuan
from protocol.errors import WireFault
from protocol.iso8583 import decode
from tools.capture.run import Recorder, about
from tools.capture.sink import Whole
from tools.mpy import NoMicroPython, on_micropython
from tools.press import picture_folder, save_pictures

ORDER = "20260004"      # a week old, so that its refund is a refund and not a void
OPERATOR, SUPERVISOR = "01", "00"
PATIENCE_MS = 90_000    # more than the terminal itself waits for an answer
KEY_MS = 5_000          # a key that changed nothing by then did not get through
KEY_TRIES = 3

BEGIN = "idle.keys"
# What ends the procedure otherwise; the screen itself says why.
ENDS = ("order.failed", "refused.title", "declined.title", "in_progress.title", "held.title",
        "annulled.title", "cancelled.title", "sign_on.failed", "amount.above", "printer.title",
        "password.title", "fault.title")


class NotApproved(Exception):
    """The refund came to another end; the text says what the terminal's screen says."""


def answers(order, amount_fen):
    """Text id of a screen -> the keys that an operator presses on it."""
    return {
        "idle.welcome": ["ENTER"],
        "log_in.number": [*OPERATOR, "ENTER"],
        "log_in.password": [*PASSWORDS[OPERATOR], "ENTER"],
        "sign_on.done": ["ENTER"],
        BEGIN: ["1"],
        "reason.title": ["1"],
        "order.enter": [*order, "ENTER"],
        "order.title": ["ENTER"],
        "amount.full": ["1" if amount_fen is None else "2"],
        "amount.enter": [*str(amount_fen), "ENTER"],
        "supervisor.password": [*PASSWORDS[SUPERVISOR], "ENTER"],
        "check.title": ["ENTER"],
        "signature.title": ["ENTER"],
        "approved.done": ["ENTER"],
    }


def landmark(text):
    """The longest piece of a text that is the same whatever its values are, squeezed."""
    return squeezed(max(re.split(r"\{.*?\}|\n", text), key=len))


class Operator:
    """Plays a refund on a World; `watch` is called at every question, for whoever looks on."""

    def __init__(self, world, language, order, amount_fen, watch):
        texts = Texts(language)
        self._world = world
        self._watch = watch
        self._keys = {name: (landmark(texts[name]), keys)
                      for name, keys in answers(order, amount_fen).items()}
        self._ends = [landmark(texts[name]) for name in ENDS]

    def play(self):
        """From switching on to the idle screen after the customer's copy. Raises NotApproved."""
        self._world.power_on()
        answered = set()
        while True:
            acts = self._world.run_until(self._has_to_act, PATIENCE_MS)
            self._watch()
            if not acts or self._is_over():
                raise NotApproved(self._screen())
            name = self._question()
            if name == BEGIN and BEGIN in answered:
                return
            answered.add(name)
            for key in self._keys[name][1]:
                self._press(key)

    def _question(self):
        """Text id of what the screen asks; None if it asks nothing that is in the table."""
        shown = reading(self._world)
        return next((name for name, (mark, _) in self._keys.items() if mark in shown), None)

    def _is_over(self):
        shown = reading(self._world)
        return any(mark in shown for mark in self._ends)

    def _has_to_act(self):
        return self._question() is not None or self._is_over()

    def _press(self, key):
        """Press a key until the screen answers to it: a machine under load may miss one."""
        self._world.run_for(1)  # the clock went on while the screen was read
        before = self._world.screen()
        for _ in range(KEY_TRIES):
            self._world.press(key)
            if self._world.run_until(lambda: self._world.screen() != before, KEY_MS):
                return
        raise NotApproved(f"the key {key} does nothing; {self._screen()}")

    def _screen(self):
        return "the screen says: " + " | ".join(row or "-" for row in self._world.screen())


def configure(parser):
    """Arguments of `tuidan demo`."""
    parser.epilog = "Sample orders are listed in host_sim/acquirer/README.md."
    parser.add_argument("--order", type=_order, default=ORDER, metavar="N",
                        help=f"order number (default {ORDER})")
    parser.add_argument("--amount-fen", type=_amount, metavar="N",
                        help="amount in fen (default: all that is left of the order)")
    parser.add_argument("--seed", type=int, default=0, metavar="N",
                        help="of keys and of the fingers' rhythm (default 0)")
    parser.add_argument("--language", choices=("zh", "en"), default="zh",
                        help="of screen and paper (default zh)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--dots", action="store_true",
                        help="each screen dot by dot, as `tuidan terminal` draws it")
    parser.add_argument("--pictures", metavar="DIR", type=picture_folder,
                        help="save screens and paper as PNG there")
    parser.add_argument("--capture", metavar="FILE", help="all that passes, as pcapng, there")
    parser.add_argument("--micropython", action="store_true",
                        help="in virtual time, the firmware on real MicroPython")
    parser.add_argument("--heap-kb", type=int, default=HEAP_KB, metavar="N",
                        help=f"of MicroPython, stand-in for the chip and all (default {HEAP_KB})")


def run(args):
    """Play the refund and tell it; exit code 0 if it was approved, else 1."""
    try:
        kind = on_micropython(args.heap_kb) if args.micropython else RealTimeWorld
    except NoMicroPython as reason:
        print(f"tuidan demo: {reason}", file=sys.stderr)
        return 2
    shop = open_shop(language=args.language, seed=args.seed, world=kind)
    teller = story.Teller(shop.mac, args.dots)

    def watch():
        if not args.json:
            _print(teller.more(shop.world.trace))

    if not args.json:
        _print(_opening(shop.world, args))
    fault = None
    with shop.world as world, (
            Whole(args.capture) if args.capture else nullcontext()) as capture:
        recorder = capture and Recorder(capture, world, about(
            shop, "demo", seed=args.seed, language=args.language))
        try:
            Operator(world, args.language, args.order, args.amount_fen, watch).play()
        except (NotApproved, FirmwareCrash) as reason:
            fault = str(reason)
        if recorder:
            recorder.end(fault or "approved")
        trace = list(world.trace)
        if args.pictures:
            save_pictures(world, args.pictures)
    result = summary(trace, args.order)
    if fault is not None:
        result |= {"error": fault}
        print(f"tuidan demo: {fault}", file=sys.stderr)
    if args.json:
        print(json.dumps(result))
    else:
        _print([*teller.more(trace), *teller.rest(), *_mac_steps(shop.mac)])
        if args.micropython:
            print(f"{shop.world.device.steps} steps of the firmware on MicroPython, "
                  f"heap limit {args.heap_kb} KB")
        if fault is None:
            print(f"refund approved: order {result['order']} amount {yuan(result['amount_fen'])} "
                  f"rrn {result['rrn']} voucher {result['stan']}")
    return 0 if fault is None else 1


def summary(trace, order):
    """What `--json` prints of a run: its result, the approved refund and all that was seen."""
    told = {"result": story.outcome(trace) or "not sent", "order": order, "amount_fen": None,
            "rrn": None, "stan": None}
    for event in trace:
        reply = _refund_reply(event)
        if reply is not None and reply.fields[39] == "00":
            told |= {"amount_fen": int(reply.fields[4]), "rrn": reply.fields[37],
                     "stan": reply.fields[11]}
    seen = story.record(trace)
    return told | {"messages": seen["messages"], "screens": seen["screens"],
                   "voucher": seen["paper"]}


def _refund_reply(event):
    """The Message of a reply to a refund or void, None for everything else."""
    if event.kind != "in":
        return None
    try:
        message = decode(event.value)
    except WireFault:
        return None
    return message if message.mti in ("0210", "0230") else None


def _opening(world, args):
    if args.micropython:
        where = ["A refund at the till, in virtual time: the terminal's firmware on MicroPython,",
                 "as a board on a pipe to the simulated world."]
    else:
        near, far = world.wire.names
        where = ["A refund at the till, in real time: the terminal's firmware and the acquirer,",
                 f"each at one end of a serial line ({near} and {far})."]
    return [*where, "Over each screen stand the keys that led to it; under each message its bytes,",
            "from the TPDU on, and what they say.", ""]


def _mac_steps(algorithm):
    return [f"How each F64 came about ({algorithm}):",
            *(f"  {number}. {step}" for number, step in enumerate(MAC_STEPS[algorithm], 1)), ""]


def _print(lines):
    if lines:
        print("\n".join(lines), flush=True)


def _order(text):
    """As the terminal takes it: 1 to 20 digits."""
    if not re.fullmatch("[0-9]{1,20}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no order number of 1 to 20 digits")
    return text


def _amount(text):
    """Fen, as the terminal takes them: 1 to 10 digits, not zero."""
    if not re.fullmatch("[1-9][0-9]{0,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no amount in fen of 1 to 10 digits")
    return int(text)
