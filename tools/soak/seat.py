"""One of many terminals: a campaign's till, its clerk and its faults, that goes on when it is told
to, so that many share a clock and a host.

What judges it in the end are the campaign's invariants, by its own rows of the one ledger.
"""

from collections import deque
from random import Random

from host_sim.acquirer import samples, schema
from host_sim.bench.keypad import NAMES as KEYS
from host_sim.core import FirmwareCrash
from host_sim.world import KEY_DOWN_MS, KEY_UP_MS
from tools.campaign import faults, invariants, shopfront
from tools.campaign.clerk import _KEY_FAULTS, LONGEST_WAIT_MS, LOOK_MS, Clerk
from tools.campaign.faults import Book
from tools.campaign.plan import Plan
from tools.campaign.plan import plan as drawn
from tools.campaign.stage import Stage
from tools.campaign.witness import Witness

REST_MS = 900_000  # within it everything is at its end once the faults stopped
MOST_ACTIONS = 4_000
# Rows of a terminal, where they do not name it themselves.
_OTHERS = {
    "posting": "select p.* from posting p join sold_order o on o.order_no = p.order_no"
               " where o.terminal_id = '{0}' order by p.id",
    "upload": "select u.* from upload u join settlement s on s.id = u.settlement_id"
              " where s.terminal_id = '{0}' order by u.rowid",
}  # fmt: skip


def plan(seed: int, terminal: str, procedures: int = 3, kinds=None) -> Plan:
    """A campaign's plan for this terminal's own orders. `kinds`: of faults, None for all."""
    wishes: list = []
    strikes: list = []
    while len(wishes) < procedures:
        one = drawn(seed)
        wishes += [wish._replace(order=wish.order + terminal[-4:]) if wish.order else wish
                   for wish in one.wishes]
        strikes = strikes or [fault for fault in one.faults if kinds is None or fault.kind in kinds]
        seed += 1_000_000
    return Plan(seed, tuple(wishes[:procedures]), tuple(strikes))


class SeatWitness(Witness):
    """A Witness of one terminal among many at a host."""

    def __init__(self, plan, terminal):
        super().__init__(plan)
        self.terminal = terminal
        self.tmk = samples.secrets([(terminal,)]).tmk_of(terminal)

    def watch(self, stage):
        self.stage = stage
        self._db = stage.host.books
        self._posted = self.last_posting()
        self._txns_before = self._db.execute("select max(id) from txn").fetchone()[0]

    def _rows_of(self, table):
        if table in _OTHERS:
            return _OTHERS[table].format(self.terminal)
        return f"select * from {table} where terminal_id = '{self.terminal}' order by rowid"

    def ledger_file(self):
        """Its own rows, as text."""
        return repr([tuple(row) for rows in self.ledger.values() for row in rows]).encode()


class Person(Clerk):
    """A Clerk whose time is taken by yielding: (until what, ms at most)."""

    def _go_on(self, until_ms, enough):
        stage = self.stage
        while stage.now_ms < until_ms and self.actions < MOST_ACTIONS:
            if stage.device.core is None:
                yield _never, stage.off_ms
                stage.power_on()
                continue
            shown = stage.shown
            if self._idle(shown):
                self._back_at_idle(shown)
                if enough() and not self._owed(shown) and "in progress" not in shown:
                    return True
            keys = self._keys(shown, enough)
            yield from stage.done()
            if keys:
                self.actions += 1
                yield from self._press(keys)
            looks = stage.looks
            wait = LOOK_MS if keys else LONGEST_WAIT_MS
            yield (lambda looks=looks: stage.looks != looks,
                   min(wait, max(1, until_ms - stage.now_ms)))
        return False

    def _press(self, keys):
        for name in keys:
            for fault in self._book.due("key"):
                self._book.note(fault)
                goes_on = _KEY_FAULTS[fault.kind](self, name, fault)
                yield from self.stage.done()
                if not goes_on:
                    return
            if self.stage.device.core is None:
                return
            self.stage.press(name)
            yield from self.stage.done()


def _never():
    return False


class Seat(Stage):
    """`row`: its terminal in the scenario. `make_host(seat)`: what answers it, with may_crash()
    and heal() as tools.campaign.host has them, and `books`, the ledger's sqlite3 connection."""

    def __init__(self, plan, row, make_host, trouble_ms):
        terminal, self._merchant, _ = row
        self.plan = plan
        self.at_rest = False
        self.crash: str | None = None
        self._make_host = make_host
        self._trouble_ms = trouble_ms
        self._to_do: deque = deque()
        super().__init__(plan, Book(plan.faults), SeatWitness(plan, terminal))
        self.clerk = Person(self, plan.wishes, self.book, Random(f"{plan.seed} clerk"))
        self._day = self._whole_day()
        self._until = _never
        self._limit = 0

    @property
    def stage(self):  # as the invariants call it, of a Run
        return self

    def _flash(self, plan):
        terminal = self.witness.terminal
        return shopfront.factory_flash(terminal, self._merchant, self.witness.tmk)

    def _host(self, plan):
        return self._make_host(self)

    # what the person does comes about as time goes on

    def press(self, *names):
        self._to_do += names

    def run_for(self, ms):
        self._to_do.append(ms)

    def done(self):
        """Do what the person began."""
        while self._to_do:
            one = self._to_do.popleft()
            if one in KEYS:
                self.move_key(one, True)
                yield _never, KEY_DOWN_MS
                self.move_key(one, False)
                yield _never, KEY_UP_MS
            else:
                yield _never, one

    def _whole_day(self):
        self.power_on()
        yield from self.clerk.work(self.now_ms + self._trouble_ms)
        self.heal()
        self.at_rest = yield from self.clerk.close_up(self.now_ms + REST_MS)

    def advance(self, now_ms):
        """Do all that is due by now; when to come again, None: the day is over."""
        self.now_ms = max(self.now_ms, now_ms)
        self._server_touched = True
        try:
            self._settle()
            while self.now_ms >= self._limit or self._until():
                self._until, span = next(self._day)
                self._limit = self.now_ms + span
                self._settle()
        except StopIteration:
            return None
        except FirmwareCrash as crash:
            self.crash = f"crash: {crash}"
            return None
        return self._next(self._limit)

    def verdict(self):
        """Every violation."""
        self.witness.close()
        return ([self.crash] if self.crash else []) + invariants.judge(self)


class Shared:
    """One host.Host as a seat sees it: what it did is told to that seat's witness."""

    def __init__(self, seat, host):
        self.engine = host.engine
        self.books = schema.driver(host.engine)
        self.faults = host.faults
        self._host = host
        self._witness = seat.witness

    def answer(self, packet, now):
        self._host.review(now)
        self._witness.posted_elsewhere()
        seen = self._witness.before_answer(packet)
        reply = self._host.answer(packet, now)
        self._witness.after_answer(packet, reply, seen)
        return reply

    def may_crash(self):
        return False

    def heal(self): ...


# At a host that is somebody else's only these strike.
AT_THE_TILL = tuple(kind for kind, row in faults.KINDS.items() if row.group not in ("host", "keys"))
