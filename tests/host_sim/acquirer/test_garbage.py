"""Whatever arrives: answered or counted, never raised; nothing changes without a MAC."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_sim.acquirer import schema
from host_sim.acquirer.link import LinkServer
from protocol import session
from protocol.framing import frame
from protocol.reference import codec
from protocol.subfields import f60
from tests.host_sim.acquirer.till import NOON, Host, Till, code

KEPT = (schema.txn, schema.posting, schema.audit)
PACKETS_AN_EXAMPLE = 40


@pytest.fixture(scope="module")
def busy():
    """A host that has worked: its till and every packet that it took."""
    host = Host()
    till = Till(host.acquirer)
    taken = []
    answer = host.acquirer.answer

    def answer_and_keep(packet, now):
        taken.append(packet)
        return answer(packet, now)

    host.acquirer.answer = answer_and_keep
    till.sign_on()
    till.echo()
    order = host.order("20260004")
    till.inquire("20260001")
    till.refund(order, 1000, stan=500, f2="6205500000000000004")
    till.refund(order, 1000, stan=500, mti="0221")
    till.refund(order, 2000, stan=501)
    till.cancel(order, 2000, stan=501)
    till.void(host.order("20260001"), stan=502)
    till.reverse(12800, stan=502)
    till.status(500)
    till.open_intents()
    host.acquirer.answer = answer
    return host, till, taken


def kept(host):
    return [host.ask(table.select()) for table in KEPT]


mutations = st.lists(
    st.tuples(
        st.integers(0, 99),
        st.sampled_from(("flip", "cut", "insert", "drop")),
        st.integers(0, 250),
        st.integers(0, 255),
    ),
    min_size=PACKETS_AN_EXAMPLE,
    max_size=PACKETS_AN_EXAMPLE,
)


def mutated(packet, how, at, byte):
    at %= len(packet)
    return {
        "flip": packet[:at] + bytes([packet[at] ^ (byte or 1)]) + packet[at + 1 :],
        "cut": packet[:at],
        "insert": packet[:at] + bytes([byte]) + packet[at:],
        "drop": packet[:at] + packet[at + 1 :],
    }[how]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=mutations)
def test_mutated_packets_change_nothing_that_was_posted(busy, chosen):
    host, till, taken = busy
    before = kept(host)
    for index, *how in chosen:
        reply = host.acquirer.answer(mutated(taken[index % len(taken)], *how), NOON)
        assert reply is None or len(codec.decode(reply).fields[39]) == 2
    assert kept(host) == before
    assert host.acquirer.counters["faults"] == 0
    assert code(till.echo()) == "00"


@settings(max_examples=50, deadline=None)
@given(noise=st.lists(st.binary(max_size=60), max_size=5))
def test_bytes_on_the_line_never_stop_it(busy, noise):
    host, till, _ = busy
    line = LinkServer(host.acquirer)
    now_ms = 0
    for data in noise:
        line.receive(data, now_ms, NOON)
        now_ms += 100
    line.poll(now_ms + 600, NOON)  # silence ends what the noise began
    line.outgoing()
    echo = till.packet(till.message("0820", {60: f60("00", 101, "301")}))
    line.receive(frame(echo), now_ms + 700, NOON)
    assert line.outgoing()


def test_request_with_a_missing_field_is_told_30_under_its_mac(host, till):
    before = host.dump()
    message = till.refund_message(host.order("20260004"), 1000, 500)
    del message.fields[37]
    packet = host.acquirer.answer(till.packet(message), NOON)
    session.check_mac(packet, till.mac)
    reply = codec.decode(packet)
    assert reply.mti == "0230" and code(reply) == "30"
    assert reply.fields[11] == "000500" and 4 not in reply.fields
    assert host.count(schema.txn) == len(before["txn"])


@pytest.mark.parametrize("tag", ["DF01", "DF0C", "DF0D"])
def test_refund_without_a_tag_it_needs_is_told_30(host, till, tag):
    message = till.refund_message(host.order("20260004"), 1000, 500)
    at = message.fields[62].index(bytes.fromhex(tag))
    size = 3 + message.fields[62][at + 2]
    message.fields[62] = message.fields[62][:at] + message.fields[62][at + size :]
    assert code(till.send(message)) == "30"


def test_another_currency_is_told_30(host, till):
    assert code(till.refund(host.order("20260004"), 1000, f49="840")) == "30"


def test_bad_mac_is_told_a0_and_changes_nothing(host, till):
    packet = bytearray(till.packet(till.refund_message(host.order("20260004"), 1000, 500)))
    packet[-1] ^= 1
    before = host.dump()
    reply = codec.decode(host.acquirer.answer(bytes(packet), NOON))
    assert code(reply) == "A0" and 64 not in reply.fields
    assert host.dump() == before and host.acquirer.counters["bad_mac"] == 1


def test_what_is_no_request_is_counted_and_not_answered(host, till):
    for mti in ("0230", "0810", "9999"):
        assert host.acquirer.answer(codec.encode(till.message(mti, {39: "00"})), NOON) is None
    assert host.acquirer.answer(b"", NOON) is None
    assert host.acquirer.counters["unrequested"] == 3
    assert host.acquirer.counters["malformed"] == 1
