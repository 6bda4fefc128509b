"""A terminal that was updated in the field keeps what an earlier version wrote: open and archived.

version_1.flash is the flash of a till as version 1 of the record left it: a refund and a void in
the archive, a refund that is held for review, one without an answer.
"""

import zlib
from pathlib import Path
from random import Random

import machine
import pytest

from firmware import record as records
from firmware import refund_state as states
from firmware.board.pico import Board
from firmware.journal import Journal
from firmware.storage import Storage
from host_sim.bench.flash import BLOCK, TEARS, Flash, PowerCut
from host_sim.chip import Chip
from host_sim.core import prepare_flash
from host_sim.play.shop import PASSWORDS
from host_sim.world import pico_board
from tests.till import Till, journal_of
from tools.campaign import operator

STORED = Path(__file__).with_name("version_1.flash")
SOLD_LAST_WEEK, SOLD_TODAY, HELD, OTHER = "20260004", "20260001", "20260011", "20260006"


def version_1():
    """{block number: its bytes}."""
    data = zlib.decompress(STORED.read_bytes())
    size = 2 + BLOCK
    return {int.from_bytes(data[at : at + 2], "big"): bytearray(data[at + 2 : at + size])
            for at in range(0, len(data), size)}  # fmt: skip


def operators_of_today(board):
    """Who may log in is kept in another form now, and is written anew."""
    from firmware import factory
    from firmware.storage import Storage

    storage = Storage(board.data_flash())
    storage.remove("operators")
    factory.write_operators(storage, PASSWORDS, "10000001")


@pytest.fixture
def flash():
    flash = Flash()
    flash._blocks = version_1()
    return flash


def test_every_record_of_version_1_is_read_with_empty_new_fields(flash):
    assert b"\x01\x01\x02" in b"".join(flash.blocks.values())  # version 1, a refund, SENT
    journal = journal_of(flash)
    opened, finished = journal.open_records(), list(journal.finished())
    assert [(r.state, r.stan, r.order, r.amount_fen) for r in opened] == [
        (states.PENDING_REVIEW, 8, HELD, 1000), (states.SENT, 10, OTHER, 500)]  # fmt: skip
    assert [(r.state, r.stan, r.order, r.amount_fen) for r in finished] == [
        (states.APPROVED, 4, SOLD_LAST_WEEK, 1000), (states.APPROVED, 6, SOLD_TODAY, 12_800),
    ]  # fmt: skip
    assert {(r.version, r.correction, r.corrects) for r in opened + finished} == {
        (records._VERSION, "", "")}  # fmt: skip
    assert [r.parties[:8] for r in finished] == ["09020000", "09010000"]


def test_updated_till_asks_for_what_version_1_left_open_until_it_is_at_its_end():
    till = Till()  # its host never heard of any of it, and may know the orders by other references
    till.world.device.flash._blocks = version_1()
    prepare_flash(till.world.device.flash, operators_of_today, pico_board)
    till.world.power_on()
    till.wait("log in")
    till.press("ENTER")
    till.wait("Operator number")
    till.press("0", "1", "ENTER")
    till.wait("Password")
    till.press(*"0000", "ENTER")
    operator.settle(till.world)
    asked = {m.fields[11]: m for m in till.sent("0221")}
    assert asked.keys() == {"000008", "000010"}
    assert asked["000010"].fields[4] == f"{500:012d}"
    assert OTHER.encode() in asked["000010"].fields[62]
    assert [r.stan for r in till.journal().open_records() if r.state != states.PENDING_REVIEW] == []
    finished = {r.stan: r for r in till.journal().finished()}
    assert finished[10].state in states.FINAL
    assert finished[4].state == finished[6].state == states.APPROVED
    assert {r.version for r in finished.values()} == {records._VERSION}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # files left open
@pytest.mark.parametrize("tear", TEARS)
def test_power_cut_anywhere_in_the_update_loses_no_record(flash, tear):
    whole = flash.copy()
    before = boot(whole)
    assert len(before) == 4 and whole.operations > 10
    for operation in range(whole.operations):
        cut = flash.copy()
        cut.cut_at(operation, tear, Random(operation))
        with pytest.raises(PowerCut):
            boot(cut)
        cut.cut_at(operation // 2, tear, Random(operation))  # and again
        try:
            boot(cut)
        except PowerCut:
            pass
        cut.cut_never()
        assert boot(cut) == before


def boot(flash):
    """What a till on this flash knows: (state, STAN) of its records."""
    machine.board = Chip(flash)
    journal = Journal(Storage(Board().data_flash()))
    return [(r.state, r.stan) for r in (*journal.open_records(), *journal.finished())]


@pytest.mark.parametrize("version", [0, records._VERSION + 1, 255])
def test_record_of_a_version_that_is_not_known_is_none(version):
    data = bytearray(records.pack(records.Record()))
    data[0] = version
    assert records.unpack(bytes(data)) is None
