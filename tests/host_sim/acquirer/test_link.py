"""The acquirer at the end of a line, with noise and with scripted faults."""

import pytest

from host_sim.acquirer import faults, schema
from host_sim.acquirer.link import LinkServer
from protocol.errors import WireFault
from protocol.framing import ACK, frame
from protocol.reference import codec
from tests.host_sim.acquirer.till import NOON, Till, code


@pytest.fixture
def line(host):
    return LinkServer(host.acquirer)


def echo_packet(till):
    return till.packet(till.message("0820", {60: "00000101301"}))


def test_frame_is_acknowledged_and_answered(host, line):
    line.receive(frame(echo_packet(Till(host.acquirer))), 1000, NOON)
    data = line.outgoing()
    assert data[0] == ACK
    assert codec.decode(data[4:-2]).fields[39] == "00"
    assert line.deadline() is not None


def test_noise_before_a_frame_does_not_stop_it(host, line):
    line.receive(bytes(range(0x20, 0xFF)), 1000, NOON)
    line.receive(frame(b"\x60garbage"), 1000, NOON)
    line.receive(frame(echo_packet(Till(host.acquirer))), 1000, NOON)
    assert codec.decode(line.outgoing()[5:-2]).mti == "0830"
    assert host.acquirer.counters["malformed"] == 1


def test_replies_wait_while_the_line_acknowledges_nothing(host, line):
    till = Till(host.acquirer)
    for number in range(20):
        fields = {11: f"{number + 1:06d}", 60: "00000101301"}
        line.receive(frame(till.packet(till.message("0820", fields))), number, NOON)
    assert host.acquirer.counters["answered"] == 20
    sent = 0
    line.outgoing()
    for now_ms in range(100, 140):
        line.receive(bytes([ACK]), now_ms, NOON)
        sent += bool(line.outgoing())
    assert sent == 9  # one more behind the first, and the eight that are held


def test_delayed_reply_leaves_when_its_time_has_come(host, line):
    host.acquirer.faults.script(faults.DELAY, "0820", delay_ms=5000)
    line.receive(frame(echo_packet(Till(host.acquirer))), 1000, NOON)
    assert line.outgoing() == bytes([ACK])
    assert line.deadline() == 6000
    line.poll(5999, NOON)
    assert line.outgoing() == b""
    line.poll(6000, NOON)
    assert codec.decode(line.outgoing()[3:-2]).mti == "0830"


def test_deaf_host_does_nothing_for_as_many_requests_as_scripted(host, till):
    order = host.order("20260004")
    host.acquirer.faults.script(faults.DEAF, "0220", times=2)
    before = host.dump()
    assert [till.refund(order, 1000, stan=500) for _ in range(2)] == [None, None]
    assert host.dump() == before
    assert code(till.refund(order, 1000, stan=500)) == "00"


def test_mute_host_posts_and_the_repeat_is_answered(host, till):
    order = host.order("20260004")
    host.acquirer.faults.script(faults.MUTE, "0220")
    assert till.refund(order, 1000, stan=500) is None
    assert host.customer_got_fen("20260004") == 1000
    assert code(till.refund(order, 1000, stan=500, mti="0221")) == "00"
    assert host.customer_got_fen("20260004") == 1000


def test_bad_mac_and_wrong_kcv_are_seen_by_the_terminal(host, till):
    host.acquirer.faults.script(faults.BAD_MAC, "0600")
    with pytest.raises(WireFault, match="F64"):
        till.inquire("20260001")
    host.acquirer.faults.script(faults.WRONG_KCV, "0800")
    with pytest.raises(WireFault, match="62.MAK"):
        till.sign_on()
    assert host.acquirer.faults.happened[faults.WRONG_KCV] == 1
    assert code(till.inquire("20260001")) == "00"


def test_fault_of_another_name_is_refused():
    with pytest.raises(ValueError, match="no such fault"):
        faults.Faults().script("fire", "0220")


def test_database_that_fails_answers_nothing_and_keeps_nothing(host, till):
    order = host.order("20260004")
    with host.engine.begin() as connection:
        connection.exec_driver_sql(
            "create trigger broken before insert on posting begin select raise(abort, 'disk'); end"
        )
    before = host.dump()
    assert till.refund(order, 1000, stan=500) is None
    assert host.acquirer.counters["faults"] == 1 and host.dump() == before
    with host.engine.begin() as connection:
        connection.exec_driver_sql("drop trigger broken")
    assert code(till.refund(order, 1000, stan=500, mti="0221")) == "00"
    assert host.count(schema.audit) == 0
