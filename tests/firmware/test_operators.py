"""Passwords: how they are kept, how wrong ones are counted, and that no power cut, set clock or
waiting gives a try back."""

from copy import deepcopy

import machine
import pytest

from firmware.board.pico import Board
from firmware.operators import ROUNDS, Operators
from firmware.storage import Storage
from host_sim.bench.flash import TEARS
from host_sim.chip import Chip
from tests.till import Till

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def till():
    till = Till()
    yield till
    till.world.close()


def operators(till):
    """As a restart would find them."""
    kept, machine.board = machine.board, Chip(deepcopy(till.world.device.flash))
    try:
        return Operators(Storage(Board().data_flash()))
    finally:
        machine.board = kept


def to_password(till):
    till.wait("log in")
    till.press("ENTER")
    till.wait("Operator number")
    till.press("0", "1", "ENTER")
    till.wait("Password")


def list_operators(till):
    till.menu("This till", "Operators", "List")


def lock_supervisor(till):
    till.log_in()
    list_operators(till)
    for _ in range(3):
        till.wait("Enter password")
        till.press(*"111111", "ENTER")
        till.wait("ENTER, try again" if operators(till).tries_left("00") else "Locked 1 min")
        till.press("ENTER")
    till.idle()


def is_locked(till):
    """Whether the supervisor is; leaves the till idle."""
    list_operators(till)
    till.wait("er")  # "keep power on" or "Enter password"
    locked = "Locked" in " ".join(till.world.screen())
    till.press("CANCEL")
    if not locked:
        till.wait("Cancelled")
        till.press("ENTER")
    till.idle()
    return locked


def test_wrong_password_is_counted_in_flash_before_it_is_told(till):
    till.world.power_on()
    to_password(till)
    till.press(*"9999", "ENTER")
    assert till.world.run_until(lambda: "Wrong password" in " ".join(till.world.screen()), 5000)
    till.world.power_off()
    assert operators(till).tries_left("01") == 2


@pytest.mark.parametrize("tear", TEARS)
def test_power_cut_while_counting_shows_nothing_or_has_counted(tear):
    told = 0
    uncounted = 0
    for at in range(4):
        till = Till()
        with till.world as world:
            world.power_on()
            to_password(till)
            world.press(*"9999")
            world.device.flash.cut_at(at, tear, world.rng)
            world.press("ENTER")
            world.run_for(500)
            answered = "Wrong password" in " ".join(world.screen())
            world.power_off()
            world.power_on()
            world.run_for(500)
            world.power_off()
            left = operators(till).tries_left("01")
            assert left in (2, 3)
            assert left == 2 or not answered
            told += answered
            uncounted += left == 3
    assert told and (uncounted or tear != "before")


def test_right_password_ends_the_counting_and_writes_nothing_as_a_rule(till):
    till.world.power_on()
    to_password(till)
    till.press(*"9999", "ENTER")
    till.wait("Tries left: 2")
    till.press("ENTER")
    till.press(*"0000", "ENTER")
    till.idle()
    assert operators(till).tries_left("01") == 3
    list_operators(till)
    till.wait("Enter password")
    before = till.world.device.flash.operations
    till.press(*"123456", "ENTER")
    till.wait("01")
    assert till.world.device.flash.operations == before


def test_neither_clock_nor_power_cut_shortens_the_supervisors_waiting(till):
    lock_supervisor(till)
    till.world.device.shift_clock(10 * DAY_MS)
    assert is_locked(till)
    till.world.run_for(50_000)
    till.world.power_off()
    till.world.run_for(DAY_MS)
    till.log_in()
    till.world.run_for(20_000)
    assert is_locked(till)
    till.world.device.shift_clock(-20 * DAY_MS)
    till.world.run_for(60_000)
    assert not is_locked(till)


@pytest.mark.parametrize("days", [5, 7, 11])
def test_waiting_is_over_whatever_the_tick_counter_shows(till, days):
    lock_supervisor(till)
    till.world.run_for(days * DAY_MS)
    assert not is_locked(till)


def test_waits_grow_with_each_wrong_password(till):
    lock_supervisor(till)
    for minutes in (5, 30, 30):
        till.world.run_for(30 * 60_000)
        list_operators(till)
        till.wait("Enter password")
        till.press(*"111111", "ENTER")
        till.wait(f"Locked {minutes} min")
        till.press("ENTER")
        till.idle()


def test_same_password_is_stored_differently_at_each_change_and_each_till():
    stored = set()
    for seed in (1, 2):
        till = Till(seed=seed)
        with till.world:
            till.log_in()
            for password in ("2468", "1357", "2468"):
                till.menu("This till", "Password")
                till.wait("Old password")
                old = {"2468": "1357", "1357": "2468"}[password] if stored_now(till) else "0000"
                till.press(*old, "ENTER")
                till.wait("4 to 8 digits")
                till.press(*password, "ENTER")
                till.wait("once more")
                till.press(*password, "ENTER")
                till.wait("has a new password")
                till.press("ENTER")
                till.idle()
                stored.add(row(till, "01"))
    assert len(stored) == 6


def row(till, number):
    return bytes(operators(till)._row(number))


def stored_now(till):
    """Whether operator 01 has changed his first password."""
    return not operators(till).check("01", "0000")


def test_old_passwords_stay_good_when_the_rounds_are_raised(till):
    held = operators(till)
    held.put("07", "4711", b"saltsalt", rounds=200)
    assert held.check("07", "4711") and not held.check("07", "4712")
    held.put("07", "4711", b"saltsalt")
    assert int.from_bytes(held._row("07")[3:5], "big") == ROUNDS and held.check("07", "4711")


def test_ninety_nine_operators_and_the_supervisor_fit(till):
    held = operators(till)
    for number in range(2, 100):
        held.put(f"{number:02d}", "4711", bytes(8), rounds=1)
    assert len(held.numbers()) == 100
    again = Operators(held._storage)
    assert again.check("99", "4711") and again.check("01", "0000")
