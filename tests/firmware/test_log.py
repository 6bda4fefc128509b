"""The diagnostic log: what it says, that nothing secret gets in, and that it makes room."""

import re

import pytest

from firmware import log
from host_sim.acquirer import faults

CARD, KEY = "6222021234567890123", "807A23AD32B36D457AE91FDF927570EA"


@pytest.fixture
def till(terminal):
    terminal.log_in()
    return terminal


def terminal(till):
    return till.world.device.terminal


def lines(till):
    """What the log says, without date and time."""
    return [line[16:] for line in log.lines(terminal(till).storage)]


def test_boot_codes_dead_lines_and_refused_packets_are_noted_with_date_and_time(till):
    till.send("20260004", part_fen=1051)
    till.wait("Declined 51")
    till.press("ENTER")
    till.idle()
    till.world.wire.cut(True)
    till.menu("This till", "Line test")
    till.wait("Line failed")
    till.world.wire.cut(False)
    till.press("ENTER")
    till.faults.script(faults.BAD_MAC, "0600", 1)
    till.press("1", "1")
    till.wait("Order number")
    till.press(*"20260004", "ENTER")
    till.wait("MAC check")
    assert lines(till) == ["boot 0.1.0 mended 0", "host 0220 51", "host 0820 no_line",
                           "refused F64: the MAC is wrong at byte 177", "host 0600 bad_mac"]
    first = log.lines(terminal(till).storage)[0]
    assert re.match(r"20260316-09300\d boot", first)


def test_it_is_there_after_a_power_cut_and_on_one_volume_only(till):
    log.note(terminal(till), "test", "before the cut")
    before = lines(till)
    till.world.power_off()
    till.world.power_on()
    assert lines(till) == [*before, "boot 0.1.0 mended 0"]
    one, other = terminal(till).storage.volumes
    assert "log" in [row[0] for row in other.ilistdir("/")]
    assert "log" not in [row[0] for row in one.ilistdir("/")]


def test_the_same_again_is_written_once(till):
    for _ in range(50):
        log.note(terminal(till), "host", "0221 no_reply")
    assert lines(till).count("host 0221 no_reply") == 1


def test_the_ring_keeps_the_newest_and_stays_small(till):
    for number in range(200):
        log.note(terminal(till), "test", f"line {number}")
    said = lines(till)
    assert said[-1] == "test line 199"
    assert 20 < len(said) < 60
    assert said == [f"test line {number}" for number in range(200 - len(said), 200)]


def test_cards_pins_and_keys_do_not_get_in(till):
    for secret in (CARD, KEY, KEY.lower(), CARD + "=2512"):
        log.note(terminal(till), "test", f"value {secret} here")
    try:
        raise ValueError(f"PIN 123456 of {CARD} under {KEY}")
    except ValueError as error:
        log.crash(terminal(till), error)
    told = " ".join(lines(till))
    assert "622202****0123" in told and "crash ValueError" in told
    for secret in (CARD, KEY, KEY.lower(), "123456 of"):
        assert secret not in told
    assert not re.search(r"\d{12}", told) and not re.search(r"[0-9A-Fa-f]{12}", told)


def test_a_crash_is_told_by_type_and_place(till):
    try:
        terminal(till).storage.write("journal/x", None)
    except TypeError as error:
        log.crash(terminal(till), error)
    assert re.fullmatch(r"crash TypeError firmware/storage.py, line \d+, in \w+", lines(till)[-1])


def test_what_is_typed_is_not_in_it(till):
    till.menu("Service", "Training")
    till.wait("Enter password")
    till.press(*"918273", "ENTER")
    till.wait("Wrong password")
    flash = till.world.device.flash.read(0, till.world.device.flash.size)
    assert b"918273" not in flash


def test_printer_troubles_and_locks_are_noted(till):
    till.world.device.printer.trouble = "open"
    till.send("20260004", part_fen=1000)
    till.wait("Cover open")
    assert lines(till)[-1] == "printer.open"


def test_a_full_volume_has_no_log_and_a_transaction_finds_its_room(till):
    storage = terminal(till).storage
    log.note(terminal(till), "test", "before")
    volume = storage.volumes[1]
    number = 0
    while volume.statvfs("/")[3] > 6:
        file = volume.open(f"ballast{number}", "wb")
        file.write(bytes(4096))
        file.close()
        number += 1
    log.note(terminal(till), "test", "after")
    assert lines(till) == []
    assert storage.has_room()


def test_has_room_takes_the_logs_room_first(till):
    storage = terminal(till).storage
    asked = []
    storage._room = lambda: asked.append(1) or len(asked) > 1
    log.note(terminal(till), "test", "there")
    assert storage.has_room()
    assert lines(till) == []
    asked.clear()
    assert not storage.has_room()  # nothing left to give


def test_a_worn_flash_stops_nothing(till, monkeypatch):
    def put(*_):
        raise OSError(5)

    monkeypatch.setattr(log, "put", put)
    log.note(terminal(till), "test", "lost")
    assert "test lost" not in lines(till)


def test_training_is_not_noted(till):
    before = lines(till)
    terminal(till).training = object()
    log.note(terminal(till), "test", "in training")
    terminal(till).training = None
    assert lines(till) == before


def test_it_is_shown_newest_first_and_printed(till):
    log.note(terminal(till), "test", "newest")
    till.menu("Service", "Log")
    till.wait("test newest")
    for _ in range(12):
        if "ENTER: print" in till.world.screen():
            break
        till.press("ENTER")
    till.press("ENTER")
    till.idle()
    assert any("boot 0.1.0" in line for line in till.world.paper)


def test_cancel_leads_back_from_it(till):
    till.menu("Service", "Log")
    till.wait("boot")
    till.press("CANCEL")
    till.idle()
