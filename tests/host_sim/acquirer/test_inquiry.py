"""What the inquiries tell, and that they change nothing."""

from datetime import timedelta

from sqlalchemy import update

from host_sim.acquirer import review, samples, schema
from host_sim.acquirer.ledger import Key
from protocol import tlv
from protocol.subfields import f61, split_open_intent
from tests.host_sim.acquirer.till import DATED, NOON, Till, code, exact_fields


def test_order_paid_by_card_is_told_with_its_original_and_its_masked_card(till):
    reply = till.inquire("20260006")
    assert exact_fields("order_inquiry", reply)
    told = tlv.unpack(reply.fields[62])
    assert told["DF02"] == "丝绸围巾" and told["DF03"] == "0004"
    assert told["DF04"] == "000000040000" and told["DF05"] == "000000015000"
    assert told["DF0B"] == samples.TERMINAL and len(told["DF0D"]) == 8
    assert told["DF10"] == "620000****0005"
    assert reply.fields[61] == f61(91, 1, "0105")


def test_order_paid_by_qr_has_no_card(till):
    told = tlv.unpack(till.inquire("20260005").fields[62])
    assert "DF10" not in told and len(told["DF0D"]) == 8


def test_order_that_is_not_the_shops_is_not_found(till):
    for order_no in ("20269999", "20260101", "' or 1=1 --"):
        reply = till.inquire(order_no)
        assert code(reply) == "25" and exact_fields("order_inquiry", reply)


def test_voided_order_says_so(till):
    assert code(till.inquire("20260008")) == "C9"


def test_the_longest_product_fits(till):
    told = tlv.unpack(till.inquire("20260012").fields[62])
    assert len(told["DF02"].encode()) == 60


def test_product_that_no_reply_can_tell_is_a_fault_of_the_host_and_not_answered(host, till):
    with host.engine.begin() as connection:
        connection.execute(update(schema.order).values(product="茶" * 21))
    assert till.inquire("20260012") is None
    assert host.acquirer.counters["faults"] == 1


def test_status_follows_a_refund(host, till):
    order = host.order("20260004")
    assert tlv.unpack(till.status(500).fields[62]) == {"DF08": "06"}
    refunded = till.refund(order, 1000, stan=500)
    reply = till.status(500)
    assert exact_fields("refund_status", reply)
    told = {"DF01": "20260004", "DF08": "03", "DF09": "20260120"}
    assert tlv.unpack(reply.fields[62]) == told
    assert reply.fields[37] == refunded.fields[37]
    till.cancel(order, 1000, stan=500)
    assert tlv.unpack(till.status(500).fields[62])["DF08"] == "05"


def test_status_of_a_declined_refund(host, till):
    till.refund(host.order("20260009"), 1000, stan=500)
    assert tlv.unpack(till.status(500).fields[62])["DF08"] == "04"


def test_status_of_a_void_is_asked_for_without_a_date(host, till):
    till.void(host.order("20260001"), stan=500)
    assert tlv.unpack(till.status(500, dated=None).fields[62])["DF08"] == "03"
    assert tlv.unpack(till.status(500).fields[62])["DF08"] == "06"


def test_status_reads_only(host, till):
    till.refund(host.order("20260011"), 1000, stan=500)
    before = host.dump()
    till.status(500)
    till.status(501)
    till.open_intents()
    assert host.dump() == before


def test_open_intents_are_those_without_a_final_state(host, till):
    assert till.open_intents().fields[62] == b""
    order = host.order("20260005")
    till.refund(order, 1096, stan=500)  # 96: not final
    till.refund(host.order("20260011"), 2000, stan=501)  # held
    till.refund(order, 3000, stan=502)  # final
    other = Till(till.acquirer, samples.OTHER_TERMINAL)
    other.sign_on()
    other.refund(order, 1098, stan=500)
    reply = till.open_intents()
    assert exact_fields("open_intents", reply)
    told = [split_open_intent(entry) for entry in tlv.unpack(reply.fields[62])["DF0E"]]
    assert told == [
        (samples.OPEN_BATCH, 500, DATED, 1096, "01"),
        (samples.OPEN_BATCH, 501, DATED, 2000, "02"),
    ]


def test_open_intents_never_outgrow_the_packet(host, till):
    order = host.order("20260005")
    for stan in range(200, 250):
        till.refund(order, 1096, stan=stan)
    assert len(tlv.unpack(till.open_intents().fields[62])["DF0E"]) == 40


def test_money_of_a_held_refund_is_promised_from_its_approval_on(host, till):
    till.refund(host.order("20260011"), 1000, stan=500)
    key = Key(till.terminal_id, till.batch, 500, DATED)
    with host.engine.begin() as connection:
        review.decide(connection, key, samples.TEST_SHOP, True, "", NOON + timedelta(days=4))
    assert tlv.unpack(till.status(500).fields[62])["DF09"] == "20260124"


def test_reviewers_note_reaches_the_status(host, till):
    till.refund(host.order("20260011"), 1000, stan=500)
    key = Key(till.terminal_id, till.batch, 500, DATED)
    with host.engine.begin() as connection:
        review.decide(connection, key, samples.TEST_SHOP, False, "没有小票", NOON)
    told = tlv.unpack(till.status(500).fields[62])
    assert told["DF08"] == "04" and told["DF0A"] == "没有小票"
