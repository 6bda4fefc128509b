"""Settlement and batch upload at the host: totals against the books, each counted once."""

import pytest
from sqlalchemy import select, update

from host_sim.acquirer import ledger, samples, schema
from protocol import batch as f48
from protocol import tlv
from protocol.subfields import f60, open_intent
from tests.host_sim.acquirer.till import DATED, NO_MAC_YET, code, exact_fields

ORDER = "20260004"


class Batch:
    """A till's settlement messages; `stan` of each is given, for repeats."""

    def __init__(self, till):
        self.till = till

    def _message(self, mti, stan, network, digits, **more):
        fields = {11: f"{stan:06d}", 48: digits, 60: f60("00", self.till.batch, network)}
        fields |= {int(name[1:]): value for name, value in more.items()}
        return self.till.message(mti, fields | {64: NO_MAC_YET})

    def settle(
        self, credit_fen=0, credit_count=0, debit_fen=0, debit_count=0, stan=900, left_open=()
    ):
        listed = tlv.pack([("DF0E", open_intent(*one)) for one in left_open])
        totals = f48.totals(debit_fen, debit_count, credit_fen, credit_count)
        return self.till.send(
            self._message("0500", stan, "201", totals, f49="156", f62=listed, f63="01 ")
        )

    def upload(self, *pairs, stan):
        return self.till.send(self._message("0320", stan, "201", f48.entries(pairs)))

    def end(self, number, stan, network="202"):
        return self.till.send(self._message("0320", stan, network, f48.count(number)))


@pytest.fixture
def batch(till):
    return Batch(till)


def result(reply):
    assert code(reply) == "00"
    return f48.split_totals(reply.fields[48])[4]


def audited(host, event):
    rows = host.ask(select(schema.audit).where(schema.audit.c.event == event))
    return [row.detail for row in rows]


def open_batch(host):
    with host.engine.begin() as connection:
        return ledger.find_terminal(connection, samples.TERMINAL)[0].batch


def counted_in(host, stan):
    row = host.ask(select(schema.txn).where(schema.txn.c.stan == stan, schema.txn.c.dated != ""))
    return row[0].settled


def test_empty_batch_settles_equal_and_the_next_one_is_open(host, till, batch):
    reply = batch.settle()
    assert result(reply) == f48.EQUAL and exact_fields("settlement", reply)
    assert open_batch(host) == 102
    assert till.sign_on(stan=901).fields[60][2:8] == "000102"


def test_equal_totals_count_each_refund_and_void_as_credit(host, till, batch):
    till.refund(host.order(ORDER), 1000, stan=500)
    till.void(host.order("20260001"), stan=501)
    assert result(batch.settle(13_800, 2)) == f48.EQUAL
    till.batch = 102
    assert result(batch.settle(stan=902)) == f48.EQUAL


def test_cancelled_and_reversed_count_nowhere(host, till, batch):
    till.refund(host.order(ORDER), 1000, stan=500)
    till.cancel(host.order(ORDER), 1000, stan=500)
    till.void(host.order("20260001"), stan=501)
    till.reverse(12800, stan=501)
    assert result(batch.settle()) == f48.EQUAL


def test_repeat_gets_the_stored_verdict_and_counts_nothing_again(host, till, batch):
    till.refund(host.order(ORDER), 1000, stan=500)
    first = batch.settle(1000, 1)
    till.refund(host.order(ORDER), 2000, stan=501)
    before = host.dump()
    again = batch.settle(1000, 1)
    assert [first.fields[n] for n in (12, 13, 48)] == [again.fields[n] for n in (12, 13, 48)]
    assert host.dump() == before and open_batch(host) == 102


def test_other_totals_under_a_stan_that_is_taken_are_a_conflict(host, batch):
    batch.settle()
    assert code(batch.settle(1, 1)) == "94"
    assert audited(host, "key with two fingerprints")


def test_intent_that_is_listed_is_left_out_and_counted_in_the_first_that_does_not_list_it(
    host, till, batch
):
    till.refund(host.order(ORDER), 1000, stan=500)
    listed = (101, 500, DATED, 1000, "01")
    assert result(batch.settle(left_open=[listed])) == f48.EQUAL
    assert counted_in(host, 500) is None
    till.batch = 102
    assert result(batch.settle(stan=901, left_open=[listed])) == f48.EQUAL
    till.batch = 103
    assert result(batch.settle(1000, 1, stan=902)) == f48.EQUAL
    assert counted_in(host, 500) is not None


def test_intent_that_arrives_after_its_batch_was_settled_still_posts_and_is_counted_later(
    host, till, batch
):
    assert result(batch.settle(left_open=[(101, 500, DATED, 1000, "01")])) == f48.EQUAL
    assert code(till.refund(host.order(ORDER), 1000, stan=500, mti="0221")) == "00"
    till.batch = 102
    assert result(batch.settle(1000, 1, stan=901)) == f48.EQUAL


def test_void_that_is_listed_has_no_date(host, till, batch):
    till.void(host.order("20260001"), stan=500)
    assert result(batch.settle(left_open=[(101, 500, "0" * 8, 12800, "01")])) == f48.EQUAL


def test_what_a_settlement_counted_is_not_taken_back(host, till, batch):
    till.refund(host.order(ORDER), 1000, stan=500)
    till.void(host.order("20260001"), stan=501)
    batch.settle(13_800, 2)
    assert code(till.cancel(host.order(ORDER), 1000, stan=500)) == "12"
    assert code(till.reverse(12800, stan=501)) == "12"
    assert host.customer_got_fen(ORDER) == 1000 and host.customer_got_fen("20260001") == 12800


def test_differing_totals_keep_the_batch_open_until_the_upload_ends(host, till, batch):
    till.refund(host.order(ORDER), 1000, stan=500)
    till.refund(host.order(ORDER), 2000, stan=501)
    reply = batch.settle(1000, 1)
    assert result(reply) == f48.NOT_EQUAL
    assert f48.split_totals(reply.fields[48])[:4] == (0, 0, 3000, 2)
    assert open_batch(host) == 101
    for _ in range(2):  # the second is a repeat
        assert exact_fields("batch_upload", batch.upload((500, 1000), (77, 5), stan=901))
    for _ in range(2):
        assert code(batch.end(2, 902)) == "00"
        assert open_batch(host) == 102
    assert audited(host, "batch upload differs") == [
        "batch 000101: stan 000077 of 5 fen: not counted here",
        "batch 000101: stan 000501 of 2000 fen: not uploaded",
    ]
    assert code(batch.upload((500, 1000), stan=903)) == "25"
    assert code(batch.end(2, 904)) == "25"


def test_entry_that_is_uploaded_twice_and_a_wrong_count_are_named(host, till, batch):
    till.refund(host.order(ORDER), 1000, stan=500)
    batch.settle(1000, 2)
    batch.upload((500, 1000), stan=901)
    batch.upload((500, 1000), stan=902)
    batch.end(1, 903)
    assert audited(host, "batch upload differs") == [
        "batch 000101: stan 000500 of 1000 fen: not counted here",
        "batch 000101: 1 entries told, 2 came",
    ]


def test_other_entries_under_a_stan_that_is_taken_are_a_conflict(host, till, batch):
    batch.settle(1, 1)
    batch.upload((500, 1000), stan=901)
    assert code(batch.upload((500, 1001), stan=901)) == "94"


def test_upload_that_nobody_asked_for_is_refused(batch):
    assert code(batch.upload((500, 1000), stan=901)) == "25"
    assert code(batch.end(1, 902)) == "25"
    batch.settle()
    assert code(batch.end(0, 903, network="202")) == "25"
    assert code(batch.end(0, 904, network="207")) == "00"


def test_settlement_of_a_batch_that_is_not_open_settles_nothing_and_says_so_every_time(
    host, till, batch
):
    till.refund(host.order(ORDER), 1000, stan=500)
    till.batch = 100
    for _ in range(2):
        assert result(batch.settle(1000, 1)) == f48.ERROR
    assert counted_in(host, 500) is None and open_batch(host) == 101


def test_scripted_miscount_makes_equal_totals_differ(host, till, batch):
    till.refund(host.order(ORDER), 1000, stan=500)
    host.acquirer.faults.script("miscount", "0500")
    assert result(batch.settle(1000, 1)) == f48.NOT_EQUAL
    batch.upload((500, 1000), stan=901)
    batch.end(1, 902)
    assert audited(host, "batch upload differs") == []
    assert audited(host, "batch reconciled") == ["batch 000101: 1 entries, 0 differences"]


@pytest.mark.parametrize("digits", ["", "0" * 61, "0" * 63])
def test_totals_of_another_form_are_a_format_error(till, batch, digits):
    message = batch._message("0500", 900, "201", digits, f49="156", f62=b"", f63="01 ")
    assert code(till.send(message)) == "30"


@pytest.mark.parametrize("digits", ["", "0", "02" + "0" * 40, "000"])
def test_entries_of_another_form_are_a_format_error(till, batch, digits):
    batch.settle(1, 1)
    assert code(till.send(batch._message("0320", 901, "201", digits))) == "30"


def test_sales_above_refunds_are_paid_out_once(host, till, batch):
    """The samples' sale of today counts as this batch's."""
    with host.engine.begin() as connection:
        rows = update(schema.txn).where(schema.txn.c.order_no == "20260001")
        connection.exec_driver_sql("drop trigger txn_counted_once")
        connection.execute(rows.values(settled=None))
    before = host.balance_fen(ledger.SETTLEMENT)
    till.refund(host.order(ORDER), 1000, stan=500)
    for _ in range(2):
        assert result(batch.settle(1000, 1, 12_800, 1)) == f48.EQUAL
    assert host.balance_fen(ledger.SETTLEMENT) == before + 11_800


def test_books_refuse_to_count_twice_or_to_take_back_what_is_counted(host, till, batch):
    from sqlalchemy.exc import IntegrityError

    till.refund(host.order(ORDER), 1000, stan=500)
    batch.settle(1000, 1)
    for change in ({"settled": 1}, {"settled": None}, {"state": schema.OPEN}):
        with pytest.raises(IntegrityError), host.engine.begin() as connection:
            connection.execute(
                update(schema.txn).where(schema.txn.c.stan == 500, schema.txn.c.dated != "")
                .values(change)
            )
