"""The serial line: how long bytes take, what a power cut leaves of them, and seeded damage."""

from random import Random

import pytest

from host_sim.agenda import NEVER
from host_sim.bench.wire import Damage, Line, Wire


def test_bytes_arrive_after_ten_bits_each_and_not_a_millisecond_before():
    line = Line(9600)
    line.send(b"x" * 96, 1000)
    assert line.due == 1100
    assert line.arrived(1099) == b""
    assert line.arrived(1100) == b"x" * 96
    assert line.arrived(1100) == b"" and line.due == NEVER


def test_what_is_sent_later_waits_for_what_is_on_the_line():
    line = Line(9600)
    line.send(b"a" * 96, 0)
    line.send(b"b" * 96, 50)
    assert line.arrived(199) == b"a" * 96
    assert line.arrived(200) == b"b" * 96


def test_a_fraction_of_a_millisecond_is_not_lost_between_pieces():
    line = Line(115200)
    for _ in range(1152):
        line.send(b"x" * 10, 0)
    while line.due < 1000:
        line.arrived(line.due)
    assert line.due == 1000


def test_a_sender_without_power_leaves_only_what_was_through():
    line = Line(9600)
    line.send(b"0123456789" * 10, 0)
    line.send(b"never", 0)
    line.abort(50)
    assert line.arrived(1000) == (b"0123456789" * 10)[:48]


def test_a_cut_line_swallows_what_is_sent_and_the_tap_still_hears_it():
    heard = []
    line = Line(9600, tap=lambda data, now_ms: heard.append((data, now_ms)))
    line.cut = True
    line.send(b"lost", 7)
    assert heard == [(b"lost", 7)] and line.due == NEVER


def test_noise_arrives_but_no_tap_takes_it_for_something_sent():
    heard = []
    line = Line(9600, tap=lambda data, now_ms: heard.append(data))
    line.inject(b"\xff\x00", 0)
    assert (heard, line.arrived(100)) == ([], b"\xff\x00")


@pytest.mark.parametrize(
    "fault, holds",
    [
        ({"lose": 0.1}, lambda data: 850 < len(data) < 950),
        ({"double": 0.1}, lambda data: 1050 < len(data) < 1150),
        ({"flip": 0.1}, lambda data: len(data) == 1000 and 850 < data.count(0) < 950),
        ({}, lambda data: data == bytes(1000)),
    ],
)
def test_damage_is_of_its_kind_and_of_its_seed(fault, holds):
    damaged = [Damage(Random(5), **fault)(bytes(1000)) for _ in range(2)]
    assert holds(damaged[0])
    assert damaged[0] == damaged[1]


def test_a_flipped_byte_differs_in_one_bit():
    damaged = Damage(Random(1), flip=1.0)(bytes(100))
    assert {byte.bit_count() for byte in damaged} == {1}


def test_pulling_the_plug_cuts_both_ways_and_mends():
    wire = Wire()
    wire.cut()
    assert all(line.cut for line in wire.lines)
    wire.cut(False)
    wire.to_host.send(b"a", 0)
    wire.to_terminal.send(b"b", 0)
    assert (wire.to_host.arrived(1), wire.to_terminal.arrived(1)) == (b"a", b"b")
