"""A voucher sent from the office to a terminal: once, of its own shop, told until it is printed."""

import pytest

from host_sim.acquirer import reprints as books
from host_sim.acquirer import samples
from host_sim.office import reprints
from host_sim.office.refusals import Refused
from protocol import tlv
from protocol.subfields import f61, split_f61, split_open_intent
from tests.host_sim.acquirer.till import Till, exact_fields
from tests.host_sim.office.desk import ANNA


def asked(till, printed=0):
    """(number, tags, reply) that the till gets when it has printed that one; number 0: none."""
    reply = till._ask({3: "390000", 61: f61(0, printed, "0000"),
                       62: tlv.pack([("DF01", "0")])})  # fmt: skip
    assert exact_fields("refund_status", reply)
    tags = tlv.unpack(reply.fields[62])
    return (split_f61(reply.fields[61])[1] if "DF0E" in tags else 0), tags, reply


def sent(desk, number, terminal=samples.TERMINAL, actor=ANNA):
    return desk.do(lambda connection, actor, now: reprints.send(
        connection, actor, number, terminal, now), actor)  # fmt: skip


def test_voucher_of_a_tills_refund_is_told_until_it_was_printed(desk, till):
    order = desk.host.order("20260004")
    refunded = till.refund(order, 1000, stan=500)
    sent(desk, desk.refunds()[-1].id)
    for _ in range(2):  # the reply was lost
        number, tags, reply = asked(till)
        assert number == 1 and reply.fields[37] == refunded.fields[37]
        assert reply.fields[12] == refunded.fields[12]
        batch, stan, _, amount_fen, state = split_open_intent(tags["DF0E"][0])
        assert (batch, stan, amount_fen, state) == (till.batch, 500, 1000, "03")
        assert tags["DF01"] == "20260004" and tags["DF0B"] == till.terminal_id
    assert asked(till, 1)[0] == 0 and asked(till)[0] == 0
    printed = desk.look(books.of, desk.refunds()[-1].txn_id)
    assert [row.printed_at for row in printed] == [till.now]


def test_voucher_of_an_online_refund_and_sent_twice_is_one(desk, till):
    number = desk.approved().id
    asked(till)
    sent(desk, number)
    sent(desk, number)
    told, tags, _ = asked(till)
    assert tags["DF0B"].startswith("BO") and asked(till, told)[0] == 0
    sent(desk, number)
    assert asked(till, told)[0] == told + 1  # lost again: sent again


def test_only_what_stands_is_printed(desk, till, monkeypatch):
    with pytest.raises(Refused):
        sent(desk, desk.apply().id)
    order = desk.host.order("20260004")
    till.refund(order, 1000, stan=500)
    sent(desk, desk.refunds()[-1].id)
    till.cancel(order, 1000, stan=500)
    assert asked(till)[0] == 0
    monkeypatch.setattr(books, "MOST_WAITING", 1)
    sent(desk, desk.approved().id)  # what was taken back keeps nobody's place


@pytest.mark.parametrize("terminal", [samples.SMALL_SHOP_TERMINAL, "BO000001", "99999999", ""])
def test_terminal_of_another_shop_or_none_is_refused(desk, till, terminal):
    other = Till(desk.host.acquirer, samples.SMALL_SHOP_TERMINAL)
    other.sign_on()
    asked(other)
    number = desk.approved().id
    with pytest.raises(Refused):
        sent(desk, number, terminal)
    assert asked(till)[0] == 0


def test_another_shops_people_send_nothing(desk, till):
    number = desk.approved().id
    with pytest.raises(Refused, match="no such refund"):
        sent(desk, number, actor=ANNA._replace(merchant_id=samples.SMALL_SHOP))
