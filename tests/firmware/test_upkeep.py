"""Self-test and version: what they find, and that they leave everything as it was."""

import re
import tomllib
from copy import deepcopy
from pathlib import Path

import pytest

from firmware.version import VERSION
from tests.till import Till

ROOT = Path(__file__).parents[2]
KEYS = "1 2 3 UP 4 5 6 DOWN 7 8 9 CLEAR 0 ENTER MENU CANCEL".split()


@pytest.fixture
def till():
    till = Till()
    till.log_in()
    return till


def open_part(till, name):
    till.menu("Service", "Self-test")
    till.wait("Self-test")
    assert till.world.choose(name)


def all_pages(till):
    """The rows of every page from here to the last, as one text."""
    rows = []
    while True:
        screen = till.world.screen()
        rows += screen[1:]
        page = re.search(r"(\d)/(\d)", screen[0])
        if not page or page[1] == page[2]:
            return " ".join(row for row in rows if row)
        till.press("DOWN")
        till.wait(f"{int(page[1]) + 1}/{page[2]}")


def test_keypad_that_has_all_its_keys_works_well(till):
    open_part(till, "Keypad")
    till.wait("0/16")
    for count, key in enumerate(KEYS[:-1], 1):
        till.press(key)
        till.wait(f"{key}  {count}/16")
    till.press("CANCEL")
    till.wait("works well")


def test_key_that_is_dead_is_told_and_two_cancels_lead_out(till):
    open_part(till, "Keypad")
    till.wait("0/16")
    till.press(*KEYS[:-2], "CANCEL", "CANCEL")
    till.wait("only 15 of")


def test_keypad_test_that_nobody_ends_ends_by_itself(till):
    open_part(till, "Keypad")
    till.wait("0/16")
    till.press("5")
    till.wait("only 1 of")


def test_screen_shows_all_pixels_none_a_board_and_glyphs_and_is_itself_again(till):
    open_part(till, "Screen")
    till.wait("4 pictures")
    seen = []
    for _ in range(4):
        before = till.world.device.pixels()
        till.press("ENTER")
        assert till.world.run_until(lambda b=before: till.world.device.pixels() != b, 1000)
        seen.append(till.world.device.pixels())
    lit = [sum(byte.bit_count() for byte in pixels) for pixels in seen]
    assert lit[:3] == [128 * 64 // 2, 128 * 64, 0]
    assert "0123456789ABCDEF" in " ".join(till.world.screen())
    till.press("ENTER")
    till.wait("works well")
    assert till.world.screen()[2:] == ["", ""]


def test_flash_test_changes_nothing_that_a_restart_would_find(till):
    def files():
        storage = till.world.device.terminal.storage
        return {name: storage.read(name) for name in storage.names("/")}

    before = deepcopy(files())
    open_part(till, "Memory")
    till.wait("works well")
    assert "Mended: 0" in all_pages(till)
    assert files() == before


@pytest.mark.parametrize("number", [0, 1])
def test_volume_that_takes_no_file_is_found(till, number):
    class Worn:
        def __init__(self, volume):
            self._volume = volume

        def __getattr__(self, name):
            return getattr(self._volume, name)

        def open(self, path, mode):
            if "w" in mode:
                raise OSError(5)
            return self._volume.open(path, mode)

    volumes = till.world.device.terminal.storage.volumes
    volumes[number] = Worn(volumes[number])
    open_part(till, "Memory")
    till.wait("faulty")


def test_clock_is_told_and_how_far_the_hosts_is_away(till):
    till.world.device.shift_clock(-90_000)
    open_part(till, "Clock")
    till.wait("2026-03-16")
    told = all_pages(till)
    assert "Set by the host" in told
    ahead = int(re.search(r"Host is (\d+) s", told)[1])
    assert 89 <= ahead <= 91


def test_line_that_is_cut_is_told_with_what_the_line_did(till):
    till.world.wire.cut(True)
    open_part(till, "Line")
    till.wait("line is dead")
    assert "Sent again 3" in all_pages(till)


def test_results_are_printed_and_no_paper_is_told(till):
    till.menu("Service", "Self-test")
    till.world.device.printer.paper_out = True
    assert till.world.choose("Results")
    till.wait("not tried")
    while "ENTER: print" not in till.world.screen():
        till.press("ENTER")
    till.press("ENTER")
    till.wait("No paper")
    till.press("CANCEL")
    till.wait("Self-test")


def test_version_is_the_projects_and_shows_check_values_but_no_key(till):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
    terminal = till.world.device.terminal
    wrapped = terminal.storage.read("keys")[1:]
    till.menu("Service", "Version")
    till.wait("Tuidan " + VERSION)
    told = all_pages(till)
    assert "10000001" in told and "898110070110001" in told and "MAC unionpay-ecb" in told
    assert f"PIK {wrapped[16:20].hex().upper()}" in told
    assert f"MAK {wrapped[36:40].hex().upper()}" in told
    assert wrapped[:8].hex().upper() not in told
