"""The desk of the back office's tests: who sits there, and the shortest way to its deeds."""

from datetime import timedelta

from sqlalchemy import select

from host_sim.office import clearing, life, refunds, review
from host_sim.office.people import Actor
from host_sim.office.schema import refund
from host_sim.office.store import Store
from tests.host_sim.acquirer.till import NOON, Host

ANNA = Actor("anna", "clerk", "127.0.0.1")
BOB = Actor("bob", "reviewer", "127.0.0.2")
CARL = Actor("carl", "reviewer", "127.0.0.3")
ROOT = Actor("root", "administrator", "127.0.0.4")
ORDER = "20260004"  # 520.00 by card, sold 7 days ago


class Desk:
    """`host`: the acquirer's, of its own tests; `now` may be moved."""

    def __init__(self, path=None, host=None):
        self.host = host or Host(path)
        self.store = Store(self.host.engine)
        self.now = NOON

    def close(self):
        self.store.close()
        self.host.acquirer._connection.close()
        self.host.engine.dispose()

    def do(self, deed, actor, *words, **more):
        """One deed in a transaction of its own."""
        with self.store.writing() as connection:
            return deed(connection, actor, *words, now=self.now, **more)

    def apply(self, amount_fen=1000, order_no=ORDER, reason="01", actor=ANNA, **more):
        return self.do(refunds.apply, actor, refunds.Application(order_no, amount_fen, reason,
                                                                 **more))  # fmt: skip

    def approved(self, *words, **more):
        return self.do(review.approve, BOB, self.apply(*words, **more).id, "ok")

    def days(self, count=1):
        """The calendar goes on."""
        return self.do(clearing.advance, ROOT, count)

    def clock(self, **delta):
        self.now += timedelta(**delta)

    def find(self, number):
        with self.store.reading() as connection:
            return life.find(connection, number)

    def look(self, deed, *words):
        with self.store.reading() as connection:
            return deed(connection, *words)

    def refunds(self):
        with self.store.reading() as connection:
            return connection.execute(select(refund).order_by(refund.c.id)).all()

    def back_fen(self, order_no=ORDER):
        """What the customer of an order got back, by the books."""
        return self.host.customer_got_fen(order_no)
