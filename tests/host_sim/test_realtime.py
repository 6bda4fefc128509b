"""The same world in real time, over two joined serial ports."""

from datetime import datetime

import pytest
import serial

from host_sim.agenda import NEVER
from host_sim.realtime import Loopback, RealTimeWorld
from tests.host_sim.test_world import PACKET, Host, Tiny, nothing

START = datetime(2026, 3, 16, 9, 30)


@pytest.fixture
def cable():
    cable = Loopback()
    yield cable
    cable.close()


def test_bytes_cross_the_cable_unchanged_both_ways(cable):
    data = bytes(range(256)) * 4  # every byte, the ones that a terminal line would act on too
    for direction in (cable.to_host, cable.to_terminal):
        assert direction.due == NEVER
        direction.send(data, 0)
        arrived = b""
        while len(arrived) < len(data):
            cable.wait(1.0)
            assert direction.due == 0
            more = direction.arrived(0)
            assert more, "nothing came within a second"
            arrived += more
        assert arrived == data and direction.due == NEVER


def test_the_ports_are_real_and_can_be_opened_by_name(cable):
    assert all(name.startswith("/dev/") for name in cable.names)
    with serial.Serial(cable.names[0], 115200) as port:
        assert port.is_open


def test_waiting_ends_when_the_time_is_over(cable):
    cable.wait(0.01)
    assert cable.to_host.arrived(0) == b""


def test_keys_packets_and_replies_work_as_in_virtual_time():
    async def task(terminal):
        await terminal.kernel.first(terminal.keypad.queue)
        await terminal.link.send(PACKET)

    host = Host(reply=PACKET + b"!")
    with RealTimeWorld(host, start=START, boot=lambda board: Tiny(board, task)) as world:
        world.power_on()
        world.press("5")
        link = world.device.terminal.link
        assert world.run_until(lambda: link.inbox.ready, 5000)
        assert host.got == [PACKET] and link.inbox.get() == PACKET + b"!"
        assert world.packets() == [PACKET, PACKET + b"!"]


def test_a_key_is_not_lost_when_the_caller_took_his_time():
    with RealTimeWorld(start=START, boot=lambda board: Tiny(board, nothing)) as world:
        world.power_on()
        for _ in range(3):
            world.wire.wait(0.2)  # time that the world knows nothing of
            world.press("5")
        queue = world.device.terminal.keypad.queue
        assert [queue.get() for _ in range(3)] == ["5", "5", "5"]


def test_time_is_that_of_the_clock_on_the_wall():
    with RealTimeWorld(start=START, boot=lambda board: Tiny(board, nothing)) as world:
        world.power_on()
        world.run_for(30)
        assert 30 <= world.now_ms < 5000
