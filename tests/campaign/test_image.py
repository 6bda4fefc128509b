"""The laboratory reads what the firmware wrote, by its own table, and nothing that was spoilt."""

from random import Random

import pytest

from firmware.record import FIELDS, Record, pack
from host_sim.core import prepare_flash
from host_sim.world import pico_board
from tools.campaign import shopfront
from tools.campaign.image import _LAYOUT, BLOCK, STATES, VOLUMES, Image, parse

KINDS = {1: "1", 4: "4", 0: "t", -1: "r"}


def test_the_two_tables_of_a_record_say_the_same():
    told = tuple((FIELDS[at], KINDS[FIELDS[at + 1]]) for at in range(0, len(FIELDS), 2))
    assert told == _LAYOUT


def test_the_two_lists_of_states_say_the_same():
    from firmware.transitions import NAMES

    assert NAMES.split() == list(STATES)


def test_a_record_is_read_as_it_was_written():
    record = Record()
    record.type, record.state, record.stan, record.batch = 1, 5, 7, 101
    record.terminal, record.date, record.token = "10000001", "20260316", b"\x00\xff"
    record.product, record.amount_fen = "龙井茶礼盒", 0xFFFFFFFF
    read = parse(pack(record))
    assert read.fields == {name: getattr(record, name) for name, _ in _LAYOUT}
    assert (read.state_name, read.key) == ("APPROVED", ("10000001", 101, 7, "20260316"))


@pytest.fixture
def flash():
    return shopfront.open_flash(1)


def write(flash, path, *contents):
    def work(board):
        from firmware.storage import Storage

        storage = Storage(board.data_flash())
        for data in contents:
            storage.write(path, data)

    prepare_flash(flash, work, pico_board)


def test_both_copies_of_a_file_are_read(flash):
    write(flash, "counters", b"one", b"two")
    copies = Image(flash.blocks).copies("counters")
    assert [copy.data for copy in copies] == [b"two", b"two"]


def test_a_flipped_bit_gives_back_an_older_copy_and_the_other_volume_counts(flash):
    write(flash, "journal/slot1", b"\x01 a record")
    blocks = {at: bytearray(data) for at, data in flash.blocks.items()}
    for at, data in blocks.items():  # of the first volume
        place = data.find(b"\x01 a record")
        if VOLUMES[0] <= at < VOLUMES[1] and place >= 0:
            data[place] ^= 4
    newest, older = Image(blocks).copies("journal/slot1")
    assert newest.data == b"\x01 a record" and older.sequence < newest.sequence


def test_a_volume_that_is_gone_leaves_the_other(flash):
    write(flash, "journal/slot1", b"\x01 a record")
    gone = {at: data for at, data in flash.blocks.items() if at >= VOLUMES[1]}
    assert Image(gone).newest("journal/slot1").data == b"\x01 a record"


def test_garbage_holds_nothing():
    rng = Random(1)
    garbage = Image({at: bytearray(rng.randbytes(BLOCK)) for at in VOLUMES})
    assert garbage.journal() == {} and garbage.archive() == []
    assert garbage.newest("counters") is None
