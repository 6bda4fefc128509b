"""The key matrix driver against real contacts: bounce, two keys, keys held, nothing while idle."""

from random import Random

import machine
import pytest

from firmware.board.pico import Board
from firmware.drivers.keypad import DEBOUNCE_MS, LAYOUT, Keypad
from firmware.kernel import Kernel
from host_sim.bench.flash import Flash
from host_sim.bench.keypad import KEYS, NAMES, KeyMatrix, bounce
from host_sim.chip import Chip
from host_sim.device import PICO


class Bench:
    """A keypad driver on a chip, and fingers."""

    def __init__(self, down_at_boot=()):
        self.chip = machine.board = Chip(Flash())
        self.matrix = KeyMatrix(PICO.rows, PICO.columns)
        for name in down_at_boot:
            self.contact(name, True)
        board = Board()
        self.kernel = Kernel()
        self.keypad = Keypad(self.kernel, board.rows, board.columns)
        self.kernel.spawn(self.keypad.run())
        self.steps = 0
        self.run(0)

    def contact(self, name, closed):
        self.matrix.put(name, closed)
        self.chip.set_contacts(self.matrix.contacts)

    def run(self, ms):
        end = self.chip.now_ms + ms
        while True:
            self.steps += 1
            left = self.kernel.step()
            if left is None or self.chip.now_ms + left > end:
                break
            self.chip.now_ms += left
        self.chip.now_ms = end

    def put(self, name, down, rng=None):
        """Move a finger; with `rng` the contact bounces."""
        now = 0
        for at, closed in bounce(rng, down) if rng else [(0, down)]:
            self.run(at - now)
            now = at
            self.contact(name, closed)
        self.run(50)

    def tap(self, name, rng=None):
        self.put(name, True, rng)
        self.put(name, False, rng)

    def keys(self):
        keys = []
        while self.keypad.queue.ready:
            keys.append(self.keypad.queue.get())
        return keys


@pytest.fixture
def bench():
    return Bench()


def test_the_layout_is_that_of_the_key_matrix():
    assert LAYOUT == KEYS


@pytest.mark.parametrize("name", NAMES)
def test_each_key_gives_its_name_once(bench, name):
    bench.tap(name)
    assert bench.keys() == [name]


def test_bouncing_contacts_give_each_key_once():
    for seed in range(40):
        bench, rng = Bench(), Random(seed)
        for name in ("7", "ENTER", "7", "0"):
            bench.tap(name, rng)
        assert bench.keys() == ["7", "ENTER", "7", "0"], seed


def test_the_bounce_of_the_bench_is_worth_the_name():
    assert max(len(bounce(Random(seed), True)) for seed in range(40)) > 4


def test_a_contact_that_closes_for_less_than_the_debounce_is_no_key(bench):
    bench.contact("5", True)
    bench.run(DEBOUNCE_MS - 1)
    bench.contact("5", False)
    bench.run(200)
    assert bench.keys() == []


def test_a_key_is_told_when_it_has_been_quiet_for_the_debounce(bench):
    bench.contact("5", True)
    bench.run(DEBOUNCE_MS - 1)
    assert bench.keys() == []
    bench.run(1)
    assert bench.keys() == ["5"]


def test_a_key_held_is_one_key_and_costs_nothing(bench):
    bench.put("8", True)
    steps = bench.steps
    bench.run(3_600_000)
    assert bench.steps == steps + 1
    assert bench.keys() == ["8"]
    bench.put("8", False)
    bench.tap("9")
    assert bench.keys() == ["9"]


def test_two_keys_at_once_count_for_nothing_until_both_are_up(bench):
    bench.contact("1", True)
    bench.contact("6", True)
    bench.run(50)
    bench.put("1", False)
    assert bench.keys() == []
    bench.put("6", False)
    bench.tap("2")
    assert bench.keys() == ["2"]


def test_a_second_key_while_one_is_held_is_ignored(bench):
    bench.put("1", True)
    bench.tap("2")
    bench.tap("4")  # in the same column: no edge to be seen
    bench.put("1", False)
    assert bench.keys() == ["1"]


def test_the_ghost_of_three_keys_is_no_key(bench):
    for name in ("1", "2", "4"):  # current finds its way to 5
        bench.contact(name, True)
    bench.run(50)
    assert bench.chip.level(PICO.columns[1]) == 0
    for name in ("1", "2", "4"):
        bench.put(name, False)
    assert bench.keys() == []


def test_a_key_stuck_at_boot_is_no_key_until_pressed_again():
    bench = Bench(down_at_boot=["ENTER"])
    bench.run(1000)
    assert bench.keys() == []
    bench.put("ENTER", False)
    bench.tap("ENTER")
    assert bench.keys() == ["ENTER"]


def test_a_release_during_the_scan_is_not_lost(bench):
    columns = bench.keypad._columns
    read = columns[3].value
    reads = []

    def value():
        reads.append(1)
        level = read()
        if len(reads) == 1:
            bench.contact("1", False)  # behind the scan of the first row
        return level

    bench.contact("1", True)
    bench.run(DEBOUNCE_MS - 1)
    columns[3].value = value
    bench.run(100)
    bench.tap("2")
    assert bench.keys()[-1] == "2"


def test_idle_rows_are_low_and_nothing_has_a_deadline(bench):
    assert [bench.chip.level(pin) for pin in PICO.rows] == [0, 0, 0, 0]
    assert bench.kernel.step() is None


def test_keys_beyond_the_queue_are_lost_not_stored():
    bench = Bench()
    for _ in range(20):
        bench.tap("1")
    assert len(bench.keys()) == 16
