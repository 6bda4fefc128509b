"""The operator of a campaign: works off three wishes, seeing the screen only, and makes mistakes.

His one rule: a refund whose outcome he did not see is entered again only if the terminal shows
nothing in progress and nothing owed.
"""

import re
from functools import lru_cache
from random import Random
from typing import NamedTuple

from firmware.flows.menu import MENUS
from firmware.text.texts import Texts
from host_sim.bench import head
from host_sim.bench.keypad import NAMES
from tools.campaign import shopfront
from tools.campaign.shopfront import OPERATOR, SUPERVISOR


def _ways(menu, keys):
    """{text id of a procedure in a menu or below it: the keys that lead to it from idle}."""
    ways = {}
    for at, (entry, where) in enumerate(MENUS[menu][2], 1):
        there = (*keys, str(at))
        ways |= _ways(where, there) if where in MENUS else {entry: there}
    return ways


_WAYS = _ways("main", ("MENU",))
MENU_TITLES = tuple(Texts("en")[menu[0]] for menu in MENUS.values())
IDLE = ("Ready", "Signed off")
NOTHING_OWED = "1 Refund"
LOOK_MS = 400
LONGEST_WAIT_MS = 130_000
MOST_ACTIONS = 400
COFFEE_MS = 150_000
ATTEMPTS = 3

# How a refund that was sent off ended, or that it has not: in his sight it has been entered.
OUTCOMES = ("Approved", "Sale approved", "Not charged",
            "Signature", "Printer", "Declined", "In progress", "In review",
            "Not refunded")
# What stands on the screen while it is the terminal's turn.
BUSY = ("Sending", "Connecting", "Asking", "Printing", "RMB", "customer copy")


class Wish(NamedTuple):
    """What the clerk has to do: `kind` is a row of WISHES; `amount_fen` None is the whole; `reason`
    the key that chooses it, of a sale how it is paid."""

    kind: str
    order: str = ""
    amount_fen: int | None = None
    reason: str = "1"

    def __str__(self):
        amount = "" if self.amount_fen is None else f" {self.amount_fen} fen"
        return f"{self.kind} {self.order}{amount}".rstrip()


# kind: text id of the menu's entry, None for the key 1 on the idle screen
WISHES = {
    "refund": None,
    "void": None,
    "sale": "menu.sale",
    "card refund": "menu.by_card",
    "take back": "menu.take_back",
    "correct": "menu.correct",
    "reprint": "menu.reprint",
    "status": "menu.status",
    "sign on": "menu.sign_on",
    "line test": "menu.echo",
    "log off": "menu.log_off",
    "settlement": "menu.settle",
}
GIVES_BACK = ("refund", "void", "card refund")
MONEY = (*GIVES_BACK, "sale")
BAD_SWIPES = 0.2  # of all
OTHER_CARDS = 0.3  # of those that are to confirm a refund
WRONG_PINS = 0.3
HURRIED = ("take back", "correct", "settlement")  # what he likes to do to a refund under way


class Progress:
    """How far a wish has come. He may have sent it off from the second check on: a finger slips."""

    def __init__(self, wish):
        self.wish = wish
        self.attempts = 0
        self.checked = False  # it came as far as the second check
        self.seen = False  # an outcome of it was on the screen
        self.anew = False  # of a correction: he went on to its second half


class Clerk:
    """`stage` is his till. `rng` is his own."""

    def __init__(self, stage, wishes, book, rng: Random):
        self.stage = stage
        self.progress = [Progress(wish) for wish in wishes]
        self._book = book
        self._rng = rng
        self._current: Progress | None = None
        self.actions = 0
        self.slipped = False  # his finger, at least once
        self._mistypes = 0  # how many passwords more he gets wrong
        self._refused = False  # the card that he swiped was not the order's
        self._locked = False  # operator 01, until he has unlocked himself as the supervisor
        self._lock_seen = 0  # the look at the supervisor's lock that was waited out
        self._waited_ms = 0  # for locks, in this part of the run
        self._closing = False
        stage.on_screen.append(self._see)

    def work(self, until_ms):
        """Until every wish is worked off and the till is idle; False if that did not come."""
        return self._go_on(until_ms, lambda: self._next_wish() is None)

    def close_up(self, until_ms):
        """Nothing new any more: answer what the till asks until it owes nothing."""
        self._current = None
        self._closing = True
        self.actions = 0
        return self._go_on(until_ms, lambda: True)

    def _go_on(self, until_ms, enough):
        stage = self.stage
        self._waited_ms = 0
        while stage.now_ms < until_ms + self._waited_ms and self.actions < MOST_ACTIONS:
            if stage.device.core is None:
                stage.run_for(stage.off_ms)
                stage.power_on()
                continue
            shown = stage.shown
            if self._idle(shown):
                self._back_at_idle(shown)
                if enough() and not self._owed(shown) and "in progress" not in shown:
                    return True
            keys = self._keys(shown, enough)
            if keys:
                self.actions += 1
                self._press(keys)
            looks = stage.looks
            wait = LOOK_MS if keys else LONGEST_WAIT_MS
            stage.run_until(lambda looks=looks: stage.looks != looks,
                            min(wait, max(1, until_ms + self._waited_ms - stage.now_ms)))
        return False

    # what he sees

    def _see(self, shown):
        now = self._current
        if now is None:
            return
        now.checked = now.checked or "Second check" in shown
        now.seen = now.seen or any(text in shown for text in OUTCOMES)

    @staticmethod
    @lru_cache(4096)
    def _idle(shown):
        return any(word in shown for word in IDLE) and NOTHING_OWED in shown

    def _owed(self, shown):
        return "ENTER = result" in shown or "ENTER = settle" in shown

    def _back_at_idle(self, shown):
        """The wish in hand is over if its outcome was seen, or if something is in progress."""
        now = self._current
        if now is None:
            return
        self._current = None
        if "in progress" in shown or self._owed(shown):
            now.seen = now.seen or now.checked

    def _next_wish(self, but=None):
        for one in self.progress:
            if one is not but and not one.seen and one.attempts < ATTEMPTS:
                return one
        return None

    # what he does

    def _keys(self, shown, enough):
        if any(word in shown for word in LOCKED):
            return self._wait_or_unlock(shown)
        if self._idle(shown) and "Op 00" in shown:
            return _WAYS["menu.op_unlock" if self._locked else "menu.log_off"]
        if self._idle(shown):
            return self._at_idle(shown, None if enough() else self._next_wish())
        action = _to_do(shown)
        return action(self) if callable(action) else action

    def _at_idle(self, shown, chosen):
        if "ENTER = result" in shown:
            return self._result()
        customer = chosen and chosen.wish.kind in MONEY  # who waits
        if "ENTER = settle" in shown and not customer:
            return ("ENTER",)
        if chosen and chosen.wish.kind == "settlement" and "in progress" in shown:
            if self._rng.random() < 0.4:  # it may be counted if he waits
                self.stage.run_for(COFFEE_MS)
                return None
        return None if chosen is None else self._begin(chosen)

    def _begin(self, chosen):
        self._current = chosen
        chosen.attempts += 1
        if chosen.wish.kind not in MONEY:
            chosen.seen = True  # once is enough
        entry = WISHES[chosen.wish.kind]
        return ("1",) if entry is None else _WAYS[entry]

    def _wait_or_unlock(self, shown):
        """An operator is unlocked by the supervisor, who waits himself, once for each lock: it is
        part of no deadline."""
        stage = self.stage
        if "01" in shown:
            self._locked = True
        elif self._lock_seen != stage.looks:
            self._lock_seen = stage.looks
            lock_ms = 60_000 * int(_MINUTES.findall(shown)[0])
            self._waited_ms += lock_ms
            stage.run_for(lock_ms)
        return ("ENTER",)

    def _number(self):
        return ("0" if self._locked else "1", "ENTER")

    def _password(self, right):
        """Or a wrong one."""
        for fault in self._book.due("password"):
            self._book.note(fault)
            self._mistypes += 1 + fault.a
        if not self._mistypes:
            return (right, "ENTER")
        self._mistypes -= 1
        return ("8", "ENTER")

    def _own_password(self):
        return self._password(OPERATOR)

    def _supervisors_password(self):
        return self._password(SUPERVISOR)

    def _unlocked(self):
        self._locked = False
        return ("ENTER",)
    def _result(self):
        """It may be one that he took back to enter it anew: then he does."""
        if not self._closing:
            self._current = next((one for one in self.progress if one.wish.kind == "correct"
                                  and one.attempts and not one.anew), None)  # fmt: skip
        return ("ENTER",)

    def _anew(self):
        if self._current is None or self._current.wish.kind != "correct":
            return ("CANCEL",)
        self._current.anew = True
        return ("1",)

    def _reason(self):
        return (self._current.wish.reason,) if self._current else ("CANCEL",)

    def _order(self):
        order = self._current and self._current.wish.order
        return (*order, "ENTER") if order else ("CANCEL",)

    def _pay(self):
        return self._reason()

    def _swipe(self):
        """Some are read wrong or cut short; the next one is good."""
        if self._current is None:
            return ("CANCEL",)
        fault = None
        if "Not read" not in self.stage.shown and self._rng.random() < BAD_SWIPES:
            fault = self._rng.choice((head.DAMAGED, head.CUT))
        refund = self._current.wish.kind != "sale"
        other = refund and self._rng.random() < OTHER_CARDS
        self.stage.swipe(shopfront.LIKE_TRACK2 if other else shopfront.TRACK2, fault)
        return None

    def _card_of_order(self):
        """Swiped, or keyed; CANCEL where what he has is not the order's."""
        if self._refused or self._current is None:
            self._refused = False
            return ("CANCEL",)
        return ("2",) if self._rng.random() < 0.3 else ("1",)

    def _not_its_card(self):
        self._refused = True
        return ("ENTER",)

    def _scan(self):
        if self._current is None:
            return ("CANCEL",)
        self.stage.scan(shopfront.PAYMENT_CODE)
        return None

    def _pin(self):
        """The customer's, who gets it wrong now and then."""
        if self._current is None:
            return ("CANCEL",)
        wrong = self._rng.random() < WRONG_PINS
        return (*("1111" if wrong else shopfront.CARD_PIN), "ENTER")

    def _full_or_part(self):
        if self._current is None:
            return ("CANCEL",)
        return ("1",) if self._current.wish.amount_fen is None else ("2",)

    def _amount(self):
        fen = self._current and self._current.wish.amount_fen
        return (*str(fen), "ENTER") if fen else ("CANCEL",)

    def _send(self):
        return ("CANCEL",) if self._current is None else ("ENTER",)

    def _load_paper(self):
        self.stage.device.printer.paper_out = False
        return ("ENTER",)

    def _wait_or_leave(self):
        """Asked again and again: sometimes he lets it go on behind, to take it back at once or to
        serve the next customer."""
        following = self._next_wish(but=self._current)
        serves = self._current and self._current.wish.kind == "settlement"
        hurries = following and (serves or following.wish.kind in HURRIED)
        hurry = 0.6 if hurries else 0.15
        return ("CANCEL",) if self._rng.random() < hurry else None

    def _press(self, keys):
        for name in keys:
            for fault in self._book.due("key"):
                self._book.note(fault)
                if not _KEY_FAULTS[fault.kind](self, name, fault):
                    return
            if self.stage.device.core is None:
                return  # the screen went blank under his finger
            self.stage.press(name)

    # his mistakes: whether he goes on typing

    def _again(self, name, fault):
        self.slipped = True
        self.stage.press(name)
        return True

    def _slip(self, name, fault):
        self.slipped = True
        self.stage.press(NAMES[fault.a])
        return True

    def _cancel(self, name, fault):
        self.stage.press("CANCEL")
        return True

    def _away(self, name, fault):
        self.slipped = True  # he begins again behind what he had typed
        self.stage.run_for(fault.a)
        return False

    def _switch(self, name, fault):
        self.stage.power_off()
        self.stage.off_ms += fault.b
        return False

    def _clock(self, name, fault):
        self.stage.device.shift_clock(fault.a * (1000 if fault.b else -1000))
        return True


_KEY_FAULTS = {
    "again": Clerk._again, "slip": Clerk._slip, "cancel": Clerk._cancel, "away": Clerk._away,
    "switch": Clerk._switch, "clock": Clerk._clock,
}  # fmt: skip

# His finger slipped to the menu's language: how he gets back to the one he reads. The first
# that fits counts.
CHINESE = (
    ("按确认键登录", ("ENTER",)),
    ("请输入操作员号", Clerk._number),
    ("操作员01 请输入密码", Clerk._own_password),
    ("操作员00 请输入密码", Clerk._supervisors_password),
    ("主管授权", ("CANCEL",)),
    ("菜单=更多", _WAYS["menu.language"]),
    ("菜单", ("CANCEL",)),
    ("交易记录", ("CANCEL",)),
    ("终端管理", ("CANCEL",)),
    ("维护", ("CANCEL",)),
    ("自检", ("CANCEL",)),
    ("取消两次", ("CANCEL",)),
    ("清除终端", ("CANCEL",)),
    ("结束练习", ("ENTER",)),
    ("开始练习", ("CANCEL",)),
    ("操作员管理", ("CANCEL",)),
    ("修改密码", ("CANCEL",)),
    ("查找记录", ("CANCEL",)),
    ("批结算", ("CANCEL",)),
    ("练习模式", ("CANCEL",)),
    ("请输入消费金额", ("CANCEL",)),
    ("订单号 可扫码", ("CANCEL",)),
    ("付款方式", ("CANCEL",)),
    ("原交易卡", ("CANCEL",)),
    ("持卡人密码", ("CANCEL",)),
    ("退款", ("CANCEL",)),  # whichever flow he got into
)

LOCKED = ("is locked", "已锁定", "Locked ")
_MINUTES = re.compile(r"(\d+) ?(?:min|分钟)")
# Numbers and passwords, before the menus: the same prompts come in both.
PEOPLE = (
    ("Operators Operator number", ("1", "ENTER")),
    ("may log in again", Clerk._unlocked),
    ("New password", ("CANCEL",)),  # his finger slipped
    ("Old password", ("CANCEL",)),
    ("New, ", ("CANCEL",)),  # a limit
    ("Details >1 Reprint", ("CANCEL", "CANCEL")),  # past the list that he came from
)

# (what is to be read, keys or what decides them); the first that fits counts
ANSWERS = (
    ("ENTER to log in", ("ENTER",)),
    ("Operator number", Clerk._number),
    ("Operator 01 Password", Clerk._own_password),
    ("Operator 00 Password", Clerk._supervisors_password),
    ("Password", ("CANCEL",)),  # of somebody else: his finger slipped
    ("Enter password", Clerk._supervisors_password),
    ("Search", ("CANCEL",)),  # his finger slipped
    ("Wipe", ("CANCEL",)),
    ("Begin training", ("CANCEL",)),
    ("Enter anew", Clerk._anew),
    ("Reason", Clerk._reason),
    ("Amount of sale", Clerk._amount),
    ("Order no, scan", Clerk._order),
    ("Payment >1", Clerk._pay),
    ("Order's card >1", Clerk._card_of_order),
    ("Not its card", Clerk._not_its_card),
    ("Swipe the card", Clerk._swipe),
    ("Swipe it again", Clerk._swipe),
    ("Scan the code", Clerk._scan),
    ("Card number", lambda clerk: (*shopfront.CARD, "ENTER")),
    ("Expiry, MMYY", lambda clerk: (*shopfront.EXPIRY, "ENTER")),
    ("Customer: PIN", Clerk._pin),
    ("Order number", Clerk._order),
    ("Full amount", Clerk._full_or_part),
    ("Amount:", Clerk._amount),
    ("ENTER sends", Clerk._send),
    ("ENTER = signed", ("ENTER",)),
    ("No paper", Clerk._load_paper),
    ("Asking again", Clerk._wait_or_leave),
    ("CANCEL: ends", ("CANCEL",)),  # his finger slipped into the self-test
    ("Self-test", ("CANCEL",)),
    ("Comparing totals", None),
    ("Uploading", None),
    ("Closing it", None),
    ("Printing the", None),
    ("Settlement", ("ENTER",)),
    ("Batch full", ("ENTER",)),
)


@lru_cache(4096)
def _to_do(shown):
    """Keys to press on this screen, None to wait, or what of the clerk's decides it."""
    for text, action in (*CHINESE, *PEOPLE):
        if text in shown:
            return action
    if any(title in shown for title in MENU_TITLES):
        return ("CANCEL",)  # his finger slipped on his way
    for text, action in ANSWERS:
        if text in shown:
            return action
    return None if any(word in shown for word in BUSY) or not shown else ("ENTER",)
