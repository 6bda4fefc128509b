"""Refunds, repeats, cancels, voids, reversals, reviews, sign-ons and replays in any order.

The model keeps only what was asked under which key; every invariant is read from the database.
"""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from host_sim.acquirer import review, samples, schema
from host_sim.acquirer.ledger import Key
from tests.host_sim.acquirer.till import DATED, NOON, Host, Till, code

ORDERS = ("20260001", "20260003", "20260006", "20260011")
STANS = st.integers(500, 505)  # few, so that keys meet
VOID_STANS = st.integers(600, 602)
AMOUNTS = st.sampled_from((100, 6_600, 12_800, 25_000, 40_000, 2_096, 2_009, 2_051))


class AnyOrder(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.host = Host()
        self.till = Till(self.host.acquirer)
        self.till.sign_on()
        self.orders = {order_no: self.host.order(order_no) for order_no in ORDERS}
        self.sold = {row.order_no: row.amount_fen for row in self.host.ask(schema.order.select())}
        self.sent = []
        self.asked = {}  # STAN: (order number, amount) of what was asked under it first
        self.answered = {}  # STAN: the reference number of its first 00
        self.closed = set()  # STANs cancelled or reversed

    def _refund(self, stan, order_no, amount_fen, mti):
        asked = self.asked.setdefault(stan, (order_no, amount_fen))
        message = self.till.refund_message(self.orders[order_no], amount_fen, stan, mti)
        self.sent.append(self.till.packet(message))
        reply = self.till.send(message)
        if asked != (order_no, amount_fen):
            assert code(reply) == "94"
        return reply

    @rule(
        stan=STANS,
        order_no=st.sampled_from(ORDERS),
        amount_fen=AMOUNTS,
        mti=st.sampled_from(("0220", "0221")),
    )
    def refund(self, stan, order_no, amount_fen, mti):
        self._note(stan, self._refund(stan, order_no, amount_fen, mti))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), mti=st.sampled_from(("0220", "0221")))
    def repeat(self, data, mti):
        stan = data.draw(st.sampled_from(sorted(self.asked)))
        self._note(stan, self._refund(stan, *self.asked[stan], mti))

    def _note(self, stan, reply):
        if stan in self.closed:
            assert code(reply) in ("C9", "94")
        elif code(reply) == "00":
            rrn = reply.fields[37]
            assert self.answered.setdefault(stan, rrn) == rrn

    @rule(
        stan=STANS,
        order_no=st.sampled_from(ORDERS),
        amount_fen=AMOUNTS,
        mti=st.sampled_from(("0420", "0421")),
    )
    def cancel(self, stan, order_no, amount_fen, mti):
        order_no, amount_fen = self.asked.setdefault(stan, (order_no, amount_fen))
        assert code(self._refund(stan, order_no, amount_fen, mti)) == "00"
        self.closed.add(stan)

    @rule(stan=VOID_STANS, order_no=st.sampled_from(("20260001", "20260003")))
    def void(self, stan, order_no):
        reply = self.till.void(self.orders[order_no], stan=stan)
        if stan in self.closed:
            assert code(reply) == "CA"

    @rule(stan=VOID_STANS)
    def reverse(self, stan):
        assert code(self.till.reverse(0, stan)) in ("00", "25")
        self.closed.add(stan)

    @rule(stan=STANS, approve=st.booleans())
    def decide(self, stan, approve):
        key = Key(self.till.terminal_id, self.till.batch, stan, DATED)
        with self.host.engine.begin() as connection:
            try:
                review.decide(connection, key, samples.TEST_SHOP, approve, "", NOON)
            except review.NotDecidable:
                pass

    @rule()
    def sign_on(self):
        self.till.sign_on()

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), bit=st.integers(0, 8 * 60))
    def frame_with_a_flipped_bit_changes_nothing(self, data, bit):
        packet = bytearray(data.draw(st.sampled_from(self.sent)))
        packet[11 + bit // 8] ^= 1 << bit % 8  # under the MAC
        before = self.host.dump()
        self.host.acquirer.answer(bytes(packet), NOON)
        assert self.host.dump() == before

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def replayed_frame_raises_nothing(self, data):
        """An old request may still be the first to arrive: the invariants judge what it does."""
        self.host.acquirer.answer(data.draw(st.sampled_from(self.sent)), NOON)

    @invariant()
    def every_key_gives_back_once_and_a_closed_one_nothing(self):
        net = Counter()
        names = {row.id: row for row in self.host.ask(schema.txn.select())}
        for posting in self.host.postings():
            if posting.txn_id in names and posting.kind != "sale":
                net[posting.txn_id] += -1 if posting.kind == "undo" else 1
        for txn_id, times in net.items():
            row = names[txn_id]
            assert times == (row.state == schema.APPROVED)
            assert not (row.stan in self.closed and row.stan >= 500 and times)

    @invariant()
    def no_order_gives_back_more_than_was_paid(self):
        for order_no, got_fen in self._customers().items():
            assert 0 <= got_fen <= self.sold[order_no]

    @invariant()
    def all_accounts_together_are_zero(self):
        balances = self._balances()
        assert sum(balances.values()) == 0
        assert balances["merchant:" + samples.TEST_SHOP] >= 0

    def _balances(self):
        balances = Counter()
        for posting in self.host.postings():
            balances[posting.debit] -= posting.amount_fen
            balances[posting.credit] += posting.amount_fen
        return balances

    def _customers(self):
        balances = self._balances()
        return {no: balances["customer:" + no] + sold for no, sold in self.sold.items()}


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
