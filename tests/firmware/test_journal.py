"""The journal on a real littlefs volume: what it acknowledged is there after a restart."""

import machine
import pytest
import rp2
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import record as records
from firmware import refund_state as states
from firmware.journal import SLOTS, Journal, JournalFull
from firmware.record import Record
from firmware.storage import Storage
from firmware.transitions import IllegalStep
from host_sim.bench.flash import Flash
from host_sim.chip import Chip

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)


def volume(flash=None):
    """A Storage on a flash that can be mounted again."""
    flash = flash or Flash()
    machine.board = Chip(flash)
    return Storage(rp2.Flash(start=0, len=64 * 4096)), flash


def a_refund(stan, kind=states.REFUND):
    record = Record()
    record.type = kind
    record.terminal = "10000001"
    record.batch, record.stan, record.date = 1, stan, "20260316"
    record.amount_fen = 12345
    record.product = "龙井茶"
    return record


def test_record_is_there_after_a_restart_with_every_field():
    storage, flash = volume()
    record = a_refund(7)
    journal = Journal(storage)
    journal.prepare(record)
    record.rrn, record.code = "123456789012", "00"
    journal.move(record, states.SEND)
    again = Journal(volume(flash)[0]).open_records()
    assert [vars(r) for r in again] == [vars(record)]


def test_finished_record_is_in_the_archive_and_its_slot_free_again():
    storage, flash = volume()
    journal = Journal(storage)
    for stan in range(1, 3 * SLOTS):
        record = a_refund(stan)
        journal.prepare(record)
        journal.move(record, states.SEND)
        journal.move(record, states.DECLINE)
        journal.finish(record)
    reloaded = Journal(volume(flash)[0])
    assert reloaded.open_records() == []
    assert [r.stan for r in reloaded.finished()] == list(range(1, 3 * SLOTS))
    assert len(storage.names("journal")) == SLOTS


def test_full_journal_refuses_before_anything_is_begun():
    storage, flash = volume()
    journal = Journal(storage)
    for stan in range(SLOTS):
        journal.prepare(a_refund(stan + 1))
    with pytest.raises(JournalFull):
        journal.prepare(a_refund(99))
    assert [r.stan for r in Journal(volume(flash)[0]).open_records()] == list(range(1, SLOTS + 1))


def test_full_volume_refuses_before_anything_is_begun():
    storage, _ = volume()
    journal = Journal(storage)
    storage.write("ballast", bytes(100_000))
    with pytest.raises(JournalFull):
        journal.prepare(a_refund(1))
    assert journal.open_records() == []


def test_illegal_step_changes_nothing():
    storage, flash = volume()
    journal = Journal(storage)
    record = a_refund(1)
    journal.prepare(record)
    with pytest.raises(IllegalStep):
        journal.move(record, states.APPROVE)
    assert Journal(volume(flash)[0]).open_records()[0].state == states.PREPARED


@given(st.data())
@settings(max_examples=200)
def test_record_packs_and_unpacks_to_itself(data):
    record = Record()
    for name, kind in list(records.fields())[1:]:
        if kind > 0:
            value = data.draw(st.integers(0, 256**kind - 1))
        elif kind == records._TEXT:
            value = data.draw(TEXT)
        else:
            value = data.draw(st.binary(max_size=8))
        setattr(record, name, value)
    try:
        packed = records.pack(record)
    except ValueError:
        return
    assert vars(records.unpack(packed)) == vars(record)


def test_largest_record_fits_its_slot():
    record = a_refund(999999)
    widths = {"order": "9" * 32, "product": "茶" * 20, "quantity": "9999", "card": "6" * 19}
    for name, value in widths.items():
        setattr(record, name, value)
    record.token = record.fingerprint = bytes(8)
    record.original, record.original_rrn = "0" * 16, "1" * 12
    record.time = record.host_time = "235959"
    record.host_date, record.rrn, record.code = "1231", "1" * 12, "00"
    record.parties, record.arrival = "1" * 25, "20261231"
    record.currency, record.entry_mode, record.condition = "156", "012", "00"
    record.reason, record.operator = "05", "01"
    record.correction, record.corrects = "05", "10000001-000101-999999-20260316v"
    assert len(records.pack(record)) <= records.LARGEST


def test_step_that_could_not_be_written_is_not_taken():
    storage, flash = volume()
    journal = Journal(storage)
    record = a_refund(1)
    journal.prepare(record)
    storage.write = lambda path, data: (_ for _ in ()).throw(OSError(28))
    with pytest.raises(OSError):
        journal.move(record, states.SEND)
    assert record.state == states.PREPARED
    assert Journal(volume(flash)[0]).open_records()[0].state == states.PREPARED


def archived(journal, stan):
    record = a_refund(stan)
    journal.prepare(record)
    journal.move(record, states.SEND)
    journal.move(record, states.APPROVE)
    journal.finish(record)
    return record


def test_archived_record_that_is_taken_back_costs_no_slot():
    """Its key may still be the name of a free slot, or not any more."""
    storage, flash = volume()
    journal = Journal(storage)
    for stan in range(1, SLOTS + 3):
        archived(journal, stan)
    for stan in (1, SLOTS + 1):
        record = [r for r in journal.finished() if r.stan == stan][-1]
        journal.prepare(record, states.CANCEL)
        reloaded = Journal(volume(flash)[0]).open_records()
        assert [(r.stan, r.state, r.earlier) for r in reloaded] == [
            (stan, states.CANCELLING, states.APPROVED)
        ]
        journal.move(record, states.ANNUL)
        journal.finish(record)
    assert len(storage.names("journal")) == len(journal._free) == SLOTS


def test_archived_record_stays_approved_where_no_slot_is_free():
    storage, _ = volume()
    journal = Journal(storage)
    archived(journal, 99)
    for stan in range(SLOTS):
        journal.prepare(a_refund(stan + 1))
    record = next(iter(journal.finished()))
    with pytest.raises(JournalFull):
        journal.prepare(record, states.CANCEL)
    assert record.state == states.APPROVED
