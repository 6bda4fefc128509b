"""A ledger that was put back from an older copy is noticed; one that only crashed is not."""

import shutil
from random import Random

import pytest
from sqlalchemy import delete, select, text

from host_sim.acquirer import ledger, samples, schema
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.server import Acquirer
from host_sim.acquirer.witness import PutBack
from tests.host_sim.acquirer.till import NOON, Host, Till, code


class Desk:
    """A host on a file, its till signed on, and a copy of the file from then."""

    def __init__(self, folder):
        self.path, self.copy = folder / "ledger.db", folder / "copy.db"
        self.host = Host(self.path)
        self.till = Till(self.host.acquirer)
        self.till.sign_on()
        self.close()
        shutil.copy(self.path, self.copy)
        self.open()

    def close(self):
        del self.host.acquirer, self.till.acquirer
        self.host.engine.dispose()

    def open(self, accept_older=None, seed=2):
        self.host.engine = schema.open_engine(self.path, accept_older)
        self.host.acquirer = self.till.acquirer = Acquirer(self.host.engine, Random(seed))

    def refund(self, stan=500, mti="0220"):
        return code(self.till.refund(self.host.order("20260004"), 1000, stan, mti))

    def put_back(self):
        self.close()
        shutil.copy(self.copy, self.path)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_ledger_put_back_from_an_older_copy_is_refused(desk):
    desk.refund()
    desk.put_back()
    with pytest.raises(PutBack, match="holds 3 of 4 changes"):  # version, samples, sign-on; refund
        desk.open()


def test_ledger_that_is_gone_is_refused(desk):
    desk.close()
    desk.path.unlink()
    with pytest.raises(PutBack):
        desk.open()


def test_accepted_older_ledger_goes_on_and_is_audited(desk):
    desk.refund()
    desk.put_back()
    desk.open(accept_older=NOON)
    line = desk.host.ask(select(schema.audit))[-1]
    assert (line.event, line.at) == ("older ledger accepted", NOON)
    assert desk.refund() == "00"
    desk.close()
    desk.open()  # and is no older ledger any more


def test_younger_copy_put_back_over_an_accepted_older_one_is_refused(desk):
    desk.refund()
    desk.close()
    younger = desk.path.with_name("younger.db")
    shutil.copy(desk.path, younger)
    shutil.copy(desk.copy, desk.path)
    desk.open(accept_older=NOON)
    desk.close()
    shutil.copy(younger, desk.path)
    with pytest.raises(PutBack):
        desk.open()


def test_what_changes_nothing_is_not_counted(desk):
    for ask in (lambda: desk.refund(), lambda: desk.till.inquire("20260004")):
        ask()
    counted = desk.host.ask(text("pragma user_version"))
    desk.till.inquire("20260004")
    desk.refund(mti="0221")
    assert desk.host.ask(text("pragma user_version")) == counted


def test_every_change_is_counted_whoever_makes_it(desk):
    before = desk.host.ask(text("pragma user_version"))[0][0]
    with desk.host.engine.begin() as connection:
        ledger.note(connection, NOON, samples.TERMINAL, "test", "")
    with desk.host.engine.begin() as connection:
        connection.execute(delete(schema.key_set))
    assert desk.host.ask(text("pragma user_version"))[0][0] == before + 2


def test_what_was_rolled_back_is_not_counted(desk):
    before = desk.host.ask(text("pragma user_version"))
    with pytest.raises(ZeroDivisionError), desk.host.engine.begin() as connection:
        ledger.note(connection, NOON, samples.TERMINAL, "test", "")
        raise ZeroDivisionError
    desk.till.inquire("20260004")  # proves the keys: one
    desk.till.inquire("20260004")
    assert desk.host.ask(text("pragma user_version"))[0][0] == before[0][0] + 1


def test_crash_at_any_point_raises_no_alarm(desk):
    desk.refund(stan=499)  # with the proof of its keys
    points = CrashPoints(desk.host.engine)
    desk.till.acquirer = Acquirer(points, Random(3))
    desk.refund(stan=500)
    for number in range(1, points.count + 1):
        points.at(number)
        with pytest.raises(HostCrash):
            desk.refund(stan=500 + number)
        schema.open_engine(desk.path).dispose()


@pytest.mark.parametrize("left", [None, b"", b"0000000099", b"0000000099 00000000\n"])
def test_crash_between_commit_and_witness_raises_no_alarm(desk, left):
    witness = desk.path.with_name("ledger.db-witness")
    old = witness.read_bytes()
    desk.refund()
    witness.write_bytes(old if left is None else left)
    desk.close()
    desk.open()
    assert desk.refund(501) == "00"
    desk.put_back()
    with pytest.raises(PutBack):  # and it is on watch again
        desk.open()


def test_terminal_of_a_later_batch_is_audited(host, till):
    till.batch += 1
    assert code(till.inquire("20260004")) == "00"
    line = host.ask(select(schema.audit))[-1]
    assert (line.terminal_id, line.event) == (till.terminal_id, "batch not opened yet")


def test_later_batch_under_a_bad_mac_is_not_audited(host, till):
    till.batch += 1
    packet = bytearray(till.packet(till.refund_message(host.order("20260004"), 1000, stan=500)))
    packet[-1] ^= 1
    till.acquirer.answer(bytes(packet), NOON)
    assert host.count(schema.audit) == 0
