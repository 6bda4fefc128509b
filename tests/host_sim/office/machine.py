"""A refund's life in any order, over the HTTP API and at a till, with crashes: the machine.

Integrators apply and review, twice and back again; two reviewers decide at once; the till holds,
repeats and takes back; clearing days pass, what failed is sent again, what was paid is disputed.
The model keeps only what was asked; every invariant is read from the database after each step.

    python -m tests.host_sim.office.machine --steps 50000
"""

import argparse
import sys
import time
from collections import Counter
from functools import cache, wraps
from random import Random

import hypothesis
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from host_sim.acquirer import batches, samples, schema
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.server import Acquirer
from host_sim.office import audit, clearing, disputes, integrators, refunds, review
from host_sim.office import schema as tables
from host_sim.office.refusals import Refused
from host_sim.play.shop import books_wrong
from tests.host_sim.acquirer.test_settlement import Batch
from tests.host_sim.acquirer.till import NOON, Till, code
from tests.host_sim.office.caller import Caller
from tests.host_sim.office.desk import BOB, CARL, ROOT, Desk

# Some more often than others; the last is a void one.
ORDERS = ("20260004", "20260004", "20260005", "20260005", "20260006", "20260011", "20260001",
          "20260008")  # fmt: skip
# With 81 to 85 cents the customer's bank refuses the first attempt.
AMOUNTS = (100, 1_000, 1_081, 2_082, 3_083, 5_084, 12_800, 25_085, 52_000, 100_001)
NUMBERS = tuple(f"R{number}" for number in range(6))  # few, so that they meet
APPLICANTS = ("clerk", "reviewer", "second")
REVIEWERS = ("reviewer", "second", "third", "clerk")
DECISIONS = ("approve", "approve", "reject", "ask_more")
STANS = range(500, 504)
HELD = ("applied", "in review", "more asked")
POSTED = ("approved", "processing", "paid", "failed")


@cache
def _opened():
    """(desk, caller, till, the ledger's image) that every run begins with."""
    desk = Desk()
    points = CrashPoints(desk.host.engine)
    caller = Caller(desk)
    for name in ("second", "third"):
        caller.keys[name] = desk.do(integrators.make_key, ROOT, name, samples.TEST_SHOP, True)
    desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, "http://127.0.0.1:9/")
    till = Till(desk.host.acquirer)
    till.sign_on()
    desk.store.engine = points
    return desk, caller, till, points, schema.image(desk.host.engine)


taken = Counter()  # how often each step was taken, over all runs
came_by = Counter()  # what refunds came by, and how often the host died


def step(**drawn):
    """A rule that is counted."""

    def of(deed):
        @wraps(deed)
        def counted(self, **words):
            taken[deed.__name__] += 1
            deed(self, **words)

        return rule(**drawn)(counted)

    return of


class AnyLife(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.desk, self.caller, self.till, self.points, image = _opened()
        schema.restore(self.desk.host.engine, image)
        self.points.disarm()
        self.desk.now = self.till.now = NOON
        self.till.acquirer = Acquirer(self.points, Random(1))
        self.till.batch, self.till.stan = samples.OPEN_BATCH, 100
        self.crashes, self.settled = 0, 900
        self.sent = []  # what was asked over the API
        self.numbers = {}  # number: (order, amount, reason, key) of what was granted under it
        self.held = {}  # STAN: (order, amount)
        self.trail = (0, audit.FIRST)

    # ------------------------------------------------------------------ integrators

    def ask(self, method, path, body, key):
        """(status, what came back), never of a server in trouble."""
        status, told = self.caller.ask(method, path, body, key)
        assert status < 500, (method, path, body, told)
        self.sent.append((method, path, body, key))
        del self.sent[:-30]
        return status, told

    def _body(self, number, order_no, amount_fen, reason):
        return {"merchant_no": samples.TEST_SHOP, "out_trade_no": number, "refund_reason": reason,
                "refund_amount": amount_fen, "origin_out_trade_no": order_no}  # fmt: skip

    def _apply(self, number, asked):
        *body, key = asked
        status, told = self.ask("POST", "/api/refunds", self._body(number, *body), key)
        there = self.numbers.get(number)
        if there is not None:
            assert (status, told.get("code")) == ((200, None) if there == asked
                                                  else (409, "DUPLICATE")), (there, asked, told)
        elif status == 200:
            self.numbers[number] = asked
        return told

    @step(number=st.sampled_from(NUMBERS), order_no=st.sampled_from(ORDERS),
          amount_fen=st.sampled_from(AMOUNTS), reason=st.sampled_from(("01", "02", "03", "04")),
          key=st.sampled_from(APPLICANTS))  # fmt: skip
    def apply(self, number, order_no, amount_fen, reason, key):
        self._apply(number, (order_no, amount_fen, reason, key))

    @precondition(lambda self: self.numbers)
    @step(data=st.data())
    def send_the_form_again(self, data):
        number = data.draw(st.sampled_from(sorted(self.numbers)))
        first = self.ask("GET", f"/api/refunds/{number}", None, "clerk")[1]
        assert self._apply(number, self.numbers[number]) == first

    def _review(self, number, decision, key):
        path = f"/api/refunds/{number}/review"
        return self.ask("POST", path, {"decision": decision, "note": "so be it"}, key)

    @precondition(lambda self: self.numbers)
    @step(data=st.data(), decision=st.sampled_from(DECISIONS), key=st.sampled_from(REVIEWERS))
    def decide(self, data, decision, key):
        number = data.draw(st.sampled_from(sorted(self.numbers)))
        status, told = self._review(number, decision, key)
        if key == "clerk":
            assert told["code"] == "NOT_ALLOWED", told
        elif self.numbers[number][3] == key:
            assert told["code"] == "OWN_APPLICATION", told
        if status == 200 and decision != "ask_more":
            assert self._review(number, decision, key) == (200, told)  # pressed twice

    @precondition(lambda self: self.numbers)
    @step(data=st.data(), decisions=st.tuples(*[st.sampled_from(DECISIONS)] * 2))
    def two_decide_at_once(self, data, decisions):
        number = data.draw(st.sampled_from(sorted(self.numbers)))
        bodies = [{"decision": one, "note": "so be it"} for one in decisions]
        answers = self.caller.ask_at_once(*(
            ("POST", f"/api/refunds/{number}/review", body, key)
            for body, key in zip(bodies, ("second", "third"), strict=True)))  # fmt: skip
        assert all(status < 500 for status, _ in answers)
        final = [said for said, (status, _) in zip(decisions, answers, strict=True)
                 if status == 200 and said != "ask_more"]  # fmt: skip
        assert len(final) < 2

    @precondition(lambda self: self.sent)
    @step(data=st.data())
    def go_back_and_send_what_was_sent_before(self, data):
        self.ask(*data.draw(st.sampled_from(self.sent)))

    @step(number=st.sampled_from(NUMBERS))
    def query(self, number):
        status, told = self.ask("GET", f"/api/refunds/{number}", None, "clerk")
        assert (status == 200) == (number in self.numbers), told

    # ------------------------------------------------------------------ the host dies

    @precondition(lambda self: self.numbers)
    @step(data=st.data(), point=st.integers(0, 12), key=st.sampled_from(("second", "third")))
    def approve_and_die(self, data, point, key):
        """Before any statement, before the commit, behind it; and asked again after."""
        number = data.draw(st.sampled_from(sorted(self.numbers)))
        self._dying(point, lambda: self._review(number, "approve", key))
        status, told = self._review(number, "approve", key)
        assert self._review(number, "approve", key) == (status, told)

    @step(number=st.sampled_from(NUMBERS), point=st.integers(0, 16))
    def apply_and_die(self, number, point):
        asked = self.numbers.get(number, ("20260004", 781, "01", "clerk"))
        self._dying(point, lambda: self._apply(number, asked))
        self._apply(number, asked)

    def _dying(self, point, deed):
        self.points.at(point)
        try:
            deed()
        except HostCrash:
            came_by["crash"] += 1
            self.crashes += 1
            self.till.acquirer = Acquirer(self.points, Random(1_000 + self.crashes))
        self.points.disarm()

    # ------------------------------------------------------------------ the till

    @step(stan=st.sampled_from(STANS), order_no=st.sampled_from(("20260011", "20260004")),
          amount_fen=st.sampled_from((700, 5_000, 35_000)),
          mti=st.sampled_from(("0220", "0221", "0420")))  # fmt: skip
    def at_the_till(self, stan, order_no, amount_fen, mti):
        asked = self.held.setdefault((self.till.batch, stan), (order_no, amount_fen))
        reply = self.till.refund(self.desk.host.order(asked[0]), asked[1], stan, mti)
        assert reply is not None

    @step(stan=st.sampled_from(STANS))
    def till_asks_what_became_of_it(self, stan):
        assert code(self.till.status(stan)) in ("00", "25")

    @step()
    def settle(self):
        with self.desk.store.reading() as connection:
            rows = batches.unsettled(connection, self.till.terminal_id)
        self.settled += 1
        reply = Batch(self.till).settle(sum(row.amount_fen for row in rows), len(rows),
                                        stan=self.settled)  # fmt: skip
        if code(reply) == "00":
            self.till.batch += 1

    # ------------------------------------------------------------------ people at the pages

    def _do(self, deed, *words):
        try:
            return self.desk.do(deed, *words)
        except Refused:
            return None

    def _any(self, data):
        there = [row.id for row in self.desk.refunds() if row.id > 2]
        return data.draw(st.sampled_from(there)) if there else 1

    @step(data=st.data(), who=st.sampled_from((BOB, CARL)),
          deed=st.sampled_from((review.approve, review.reject, review.take)))  # fmt: skip
    def reviewer_at_the_pages(self, data, who, deed):
        words = () if deed is review.take else ("fine",)
        self._do(deed, who, self._any(data), *words)

    @step(data=st.data())
    def withdraw(self, data):
        self._do(refunds.withdraw, BOB, self._any(data))

    @step(days=st.integers(1, 4))
    def days_pass(self, days):
        self.desk.days(days)

    @step(hours=st.integers(1, 30))
    def clock_goes_on(self, hours):
        self.desk.clock(hours=hours)

    @step(data=st.data(), who=st.sampled_from((BOB, CARL)))
    def retry_and_press_it_twice(self, data, who):
        number = self._any(data)
        self._do(clearing.retry, who, number)
        assert self._do(clearing.retry, who, number) is None

    @step(data=st.data())
    def dispute(self, data):
        self._do(disputes.open_dispute, BOB, self._any(data), "no money came")

    @step(data=st.data(), upheld=st.booleans(), who=st.sampled_from((BOB, CARL)))
    def close_dispute(self, data, upheld, who):
        self._do(disputes.close, who, self._any(data), upheld, "looked at")

    # ------------------------------------------------------------------ what must hold

    @invariant()
    def books_are_right(self):
        """Accounts sum to zero, no order gave back more than it took, and of each refund the money
        went once where it was granted, and otherwise not at all."""
        assert books_wrong(self.desk.host.engine) == []

    @invariant()
    def refunds_say_what_the_ledger_says_and_took_two_persons(self):
        with self.desk.host.engine.connect() as connection:
            rows = connection.execute(_REFUNDS).all()
            over = connection.execute(_HELD_ABOVE).all()
        assert over == []
        for row in rows:
            state = row.before if row.state == "disputed" else row.state
            posted = state in POSTED
            assert row.posted == posted, row
            assert (row.txn_state == schema.APPROVED) == posted, row
            assert (row.txn_state == schema.REVIEW) == (state in HELD), row
            assert row.live == (state in ("processing", "paid")), row
            assert row.reviewer is None or row.reviewer != row.applicant, row
            if posted and row.channel != "till":
                assert row.reviewer is not None, row

    @invariant()
    def audits_chain_holds(self):
        self.trail = _verified(self.desk.host.engine, self.trail)

    def teardown(self):
        with self.desk.host.engine.connect() as connection:
            assert audit.verify(connection) == self.trail
            steps = connection.execute(select(tables.step.c.after))
            came_by.update(steps.scalars())


_REFUNDS = text("""
  select r.*, t.state as txn_state,
    (select count(*) from posting p where p.txn_id = t.id and p.kind = 'refund')
    - (select count(*) from posting p where p.txn_id = t.id and p.kind = 'undo') as posted,
    (select count(*) from payout o where o.refund_id = r.id and o.state in ('sent', 'paid'))
      as live,
    (select d.before from dispute d where d.refund_id = r.id and d.state = 'open') as before
  from refund r join txn t on t.id = r.txn_id""")
# What went back of an order and what is kept free for it are not more than it took.
_HELD_ABOVE = text("""
  select o.order_no from sold_order o join txn t on t.order_no = o.order_no
  where t.kind = 'refund' and t.state in (2, 3)
  group by o.order_no, o.amount_fen having sum(t.amount_fen) > o.amount_fen""")


def _verified(engine, since):
    """The chain from where it was verified before on -> (rows, hash)."""
    count, before = since
    with engine.connect() as connection:
        newer = select(audit.trail).where(audit.trail.c.id > count).order_by(audit.trail.c.id)
        for row in connection.execute(newer):
            count += 1
            assert row.id == count and row.hash == audit.chained(row._mapping, before)
            before = row.hash
        assert connection.execute(audit._HEAD).one() == (count, before)
    return count, before


def main():
    """Run until so many steps are taken; exit code 1 with the shortest way to a violation."""
    parser = argparse.ArgumentParser(prog="python -m tests.host_sim.office.machine",
                                     description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=50_000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    began, seed = time.perf_counter(), args.seed
    while taken.total() < args.steps:
        chosen = settings(max_examples=100, stateful_step_count=60, deadline=None, database=None,
                          phases=(Phase.generate, Phase.shrink), print_blob=False,
                          suppress_health_check=list(hypothesis.HealthCheck))  # fmt: skip
        run_state_machine_as_test(hypothesis.seed(seed)(AnyLife), settings=chosen)
        seed += 1
    spent = time.perf_counter() - began
    print(f"{taken.total()} steps in {spent:.0f} s, no violation")
    for what in taken, came_by:
        print(", ".join(f"{name} {times}" for name, times in what.most_common()))


if __name__ == "__main__":
    sys.exit(main())
