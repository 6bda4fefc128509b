"""The acquirer dies in mid-request: what was committed stands, the rest is undone, it goes on."""

from random import Random

import pytest

from host_sim.acquirer import review, samples, schema
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.ledger import Key
from host_sim.acquirer.server import Acquirer
from tests.host_sim.acquirer.till import DATED, NOON, code


@pytest.fixture
def points(host, till):
    """Crash points under the till's acquirer."""
    points = CrashPoints(host.engine)
    till.acquirer = Acquirer(points, Random(2))
    return points


def refund(host, till, mti="0220"):
    return till.refund(host.order("20260004"), 1000, stan=500, mti=mti)


def test_points_are_counted_and_harm_nothing(host, till, points):
    assert code(refund(host, till)) == "00"
    refunding = points.count
    refund(host, till, "0221")
    assert refunding > points.count - refunding > 3  # a repeat reads and writes nothing


def test_refund_survives_a_crash_at_every_point(host, till, points):
    saved, posted = schema.image(host.engine), []
    refund(host, till)
    for number in range(1, points.count + 1):
        schema.restore(host.engine, saved)
        before = host.dump()
        points.at(number)
        with pytest.raises(HostCrash):
            refund(host, till)
        posted.append(host.customer_got_fen("20260004"))
        assert posted[-1] == 1000 or host.dump() == before
        till.acquirer = Acquirer(points, Random(number))
        assert code(refund(host, till, "0221")) == "00"
        assert host.customer_got_fen("20260004") == 1000
    assert set(posted[:-1]) == {0} and posted[-1] == 1000  # the last is after the commit


def test_crash_happens_once(host, till, points):
    points.at(1)
    with pytest.raises(HostCrash):
        refund(host, till)
    assert code(refund(host, till)) == "00"


def test_disarmed_crash_never_happens(host, till, points):
    points.at(1)
    points.disarm()
    assert code(refund(host, till)) == "00"


def test_keys_after_a_crash_are_not_the_old_ones(till, points):
    wrapped = []
    for seed in (3, 4):
        wrapped.append(till.sign_on().fields[62][:36])
        points.at(1)
        with pytest.raises(HostCrash):
            till.sign_on()
        till.acquirer = Acquirer(points, Random(seed))
    assert wrapped[0] != wrapped[1]
    assert till.echo() is not None


def test_terminal_goes_on_under_its_old_keys_where_its_sign_on_died(host, till, points):
    points.at(2)
    with pytest.raises(HostCrash):
        till.sign_on()
    till.acquirer = Acquirer(points, Random(3))
    assert code(refund(host, till)) == "00"


def test_review_that_dies_posts_nothing(host, till, points):
    till.refund(host.order("20260011"), 5000, stan=500)
    key = Key(till.terminal_id, till.batch, 500, DATED)
    points.at(4)
    with pytest.raises(HostCrash), points.begin() as connection:
        review.decide(connection, key, samples.TEST_SHOP, True, "", NOON)
    assert host.customer_got_fen("20260011") == 0
    with points.begin() as connection:
        review.decide(connection, key, samples.TEST_SHOP, True, "", NOON)
    assert host.customer_got_fen("20260011") == 5000
