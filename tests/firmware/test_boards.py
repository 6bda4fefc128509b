"""The boards: a refund on each, the key slot, the watchdog, the pins as the README tells them."""

import csv
import re
import time
from functools import partial
from pathlib import Path

import esp32 as esp32_chip
import machine
import pytest

from firmware import main
from firmware.board import esp32, pico
from host_sim.bench.flash import Flash
from host_sim.chip import Chip
from host_sim.device import ESP32, PICO
from host_sim.world import World, esp32_board, pico_board
from protocol.reference.ciphers import Ciphers
from tests.till import Till

FOLDER = Path(pico.__file__).parent
BOARDS = {"pico": (pico, PICO, pico_board), "esp32": (esp32, ESP32, esp32_board)}
DATA_BYTES = 256 * 1024
TMK = bytes(range(16))

each_board = pytest.mark.parametrize("name", BOARDS)


@pytest.fixture
def board(name):
    """The board on a blank chip; what it put out while it was made is taken away."""
    module, wiring, _ = BOARDS[name]
    machine.board = Chip(Flash(wiring.flash_bytes))
    made = module.Board()
    machine.board.take_outputs()
    return made


def data_start(name):
    return pico.DATA_START if name == "pico" else esp32_chip.TABLE["tuidan"][0]


def refund(name):
    _, wiring, make_board = BOARDS[name]
    till = Till(world=partial(World, make_board=make_board, wiring=wiring))
    till.log_in()
    till.send("20260004", 1000)
    till.sign_and_finish()
    assert till.given_back_fen("20260004") == 1000
    return till.world


@each_board
def test_the_boards_own_random_bytes_differ_each_time(board):
    assert [len(board.random(8)) for _ in range(2)] == [8, 8]
    assert board.random(16) != board.random(16)


def test_the_same_refund_on_both_boards_down_to_the_flash_image():
    worlds = [refund(name) for name in BOARDS]
    assert worlds[0].trace == worlds[1].trace and len(worlds[0].paper) > 20
    images = [
        world.device.flash.read(data_start(name), DATA_BYTES)
        for name, world in zip(BOARDS, worlds, strict=True)
    ]
    assert images[0] == images[1] != b"\xff" * DATA_BYTES


# the key slot


@each_board
def test_the_key_is_kept_outside_the_data_volume(name, board):
    assert board.tmk() is None
    board.store_tmk(TMK)
    volume = machine.board.flash.read(data_start(name), DATA_BYTES)
    assert volume == b"\xff" * DATA_BYTES
    assert BOARDS[name][0].Board().tmk() == TMK
    board.store_tmk(TMK[::-1])
    assert board.tmk() == TMK[::-1]


@each_board
def test_a_damaged_or_half_written_key_is_no_key(name, board):
    board.store_tmk(TMK)
    block = bytearray(4096)
    board._key_slot.readblocks(0, block)
    for at in (0, 4, 19, 23):
        torn = bytearray(block)
        torn[at] ^= 1
        board._key_slot.writeblocks(0, torn)
        assert board.tmk() is None
    with pytest.raises(ValueError, match="16 bytes"):
        board.store_tmk(TMK[:8])


def test_an_esp32_without_our_partitions_says_which_is_missing(monkeypatch):
    machine.board = Chip(Flash(ESP32.flash_bytes))
    monkeypatch.setattr(esp32_chip, "TABLE", {"tuidan": (0, 4096)})
    with pytest.raises(OSError, match="no partition tuidan_key"):
        esp32.Board()


# waiting and the watchdog


@pytest.fixture
def clock(monkeypatch):
    """Sleeping passes the chip's time; what is called back at each nap comes from the test."""

    def sleep_ms(ms):
        machine.board.now_ms += ms
        clock.at_nap()

    clock = type("Clock", (), {"at_nap": staticmethod(lambda: None)})()
    monkeypatch.setattr(time, "sleep_ms", sleep_ms)
    return clock


def feedings():
    return [value for kind, _, value in machine.board.take_outputs() if kind == "wdt"]


@each_board
def test_a_wait_ends_with_its_time_or_when_it_is_woken(name, board, clock):
    board.wait(250, lambda: False)
    assert machine.board.now_ms == 250
    board.wait(None, lambda: machine.board.now_ms >= 900)
    assert machine.board.now_ms == 900
    board.wait(0, lambda: False)
    board.wait(1000, lambda: True)
    assert machine.board.now_ms == 900


@each_board
def test_the_watchdog_sleeps_until_it_is_started_and_is_fed_by_every_wait(name, board, clock):
    board.wait(20, lambda: False)
    assert feedings() == []
    board.start_watchdog()
    (timeout,) = feedings()
    assert 1000 < timeout <= 8388  # an RP2040 takes no more, an ESP32 boots in less
    board.wait(20, lambda: False)
    assert len(feedings()) >= 20
    board.wait(0, lambda: True)
    assert feedings() == [None]


class Unplugged(Exception):
    """Ends the main loop of a test."""


@each_board
def test_a_board_runs_for_ever_and_feeds_its_watchdog(name, board, clock):
    def at_nap():
        if machine.board.now_ms > 20_000:
            raise Unplugged

    clock.at_nap = at_nap
    settled = []
    with pytest.raises(Unplugged):
        main.run(board, Ciphers(), lambda: settled.append(machine.board.now_ms))
    assert len(feedings()) > 2000
    assert len(settled) == 1


@each_board
def test_a_task_that_died_ends_the_run_and_feeds_no_more(name, board, clock, monkeypatch):
    async def keep_trying(terminal):
        await terminal.kernel.sleep(1000)
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(main.unfinished, "keep_trying", keep_trying)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        main.run(board, Ciphers(), lambda: None)
    assert machine.board.now_ms == 1000
    assert len(feedings()) > 900


# pins


def pins_of(name, monkeypatch):
    """{pin: mode} as the board's file makes them, {port: keywords} of its SPI and UARTs."""
    module, wiring, _ = BOARDS[name]
    pins, ports = {}, {}
    real = machine.Pin

    class Pin(real):
        def __init__(self, number, mode=-1, *args, **keywords):
            assert number not in pins, f"pin {number} has two uses"
            pins[number] = mode
            self.number = number
            super().__init__(number, mode, *args, **keywords)

    def port(kind):
        def make(number, **keywords):
            named = {key: one.number for key, one in keywords.items() if isinstance(one, Pin)}
            ports[kind, number] = named
            return getattr(machine, kind)(number, **keywords)

        return make

    machine.board = Chip(Flash(wiring.flash_bytes))
    monkeypatch.setattr(module, "Pin", Pin)
    monkeypatch.setattr(module, "SPI", port("SPI"))
    monkeypatch.setattr(module, "UART", port("UART"))
    module.Board()
    return pins, ports


def table(board):
    """The README's table of pins as {signal: number} of a board's column."""
    column = {"pico": 2, "esp32": 4}[board]
    told = (FOLDER / "README.md").read_text()
    rows = re.findall(r"^\| (?:keypad|LCD|link|printer|reader) \|.*", told, re.MULTILINE)
    found = {}
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        signal = " ".join([cells[0], *re.findall(r"^\w+(?: \d)?", cells[1])])
        found[signal] = int(re.sub(r"^(GP|GPIO)(?=\d)", "", cells[column]))
    return found


@each_board
def test_the_readme_tells_the_pins_that_the_boards_file_uses(name, monkeypatch):
    pins, ports = pins_of(name, monkeypatch)
    wiring, told = BOARDS[name][1], table(name)
    spi = ports["SPI", wiring.lcd_spi]
    link, printer, reader = (ports["UART", port] for port in (
        wiring.link_uart, wiring.printer_uart, wiring.reader_uart))  # fmt: skip
    assert told.pop("reader RX") == reader["rx"]
    assert told == {
        **{f"keypad row {i}": pin for i, pin in enumerate(wiring.rows, 1)},
        **{f"keypad column {i}": pin for i, pin in enumerate(wiring.columns, 1)},
        "LCD SCL": spi["sck"], "LCD SDA": spi["mosi"], "LCD CS": wiring.lcd_select,
        "LCD A0": wiring.lcd_data, "LCD RST": wiring.lcd_reset,
        "link TX": link["tx"], "link RX": link["rx"],
        "printer TX": printer["tx"], "printer RX": printer["rx"],
    }  # fmt: skip
    assert sorted(told.values()) == sorted(pins)


def test_the_readme_tells_the_picos_pin_numbers_as_they_are_on_the_board():
    """Counted on the board's drawing: GP0 is pin 1, and every third to fifth pin is a ground."""
    places = dict(re.findall(r"\| GP(\d+) \| (\d+) \|", (FOLDER / "README.md").read_text()))
    left = [1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19, 20]  # GP0 to GP15
    right = [21, 22, 24, 25, 26, 27, 29]  # GP16 to GP22
    assert len(places) == 17
    assert all((left + right)[int(gp)] == int(pin) for gp, pin in places.items())


def test_an_esp32s_pins_can_do_what_is_asked_of_them(monkeypatch):
    pins, ports = pins_of("esp32", monkeypatch)
    flash, repl, strapping = set(range(6, 12)), {1, 3}, {0, 2, 12, 15}
    assert not set(pins) & (flash | repl | strapping)
    inputs = {ports["UART", port]["rx"] for port in (1, 2)}
    assert {pin for pin in pins if pin >= 34} <= inputs  # no output there, and no pull-up


def test_a_picos_ports_have_their_pins(monkeypatch):
    _, ports = pins_of("pico", monkeypatch)
    sck, tx = ({2, 6, 18, 22}, {3, 7, 19, 23})
    assert ports["SPI", 0]["sck"] in sck and ports["SPI", 0]["mosi"] in tx
    assert ports["UART", 0] in [{"tx": at, "rx": at + 1} for at in (0, 12, 16, 28)]
    assert ports["UART", 1] in [{"tx": at, "rx": at + 1} for at in (4, 8, 20, 24)]


def test_the_partition_table_fits_the_chip_and_the_stand_in():
    text = (FOLDER / "partitions-esp32.csv").read_text()
    rows = [row for row in csv.reader(text.splitlines()) if not row[0].startswith("#")]
    spans = {row[0].strip(): (int(row[3], 16), int(row[4], 16)) for row in rows}
    end = 0
    for start, size in spans.values():
        assert start >= end and start % 4096 == size % 4096 == 0
        end = start + size
    assert end == ESP32.flash_bytes
    assert {label: spans[label] for label in esp32_chip.TABLE} == esp32_chip.TABLE
    assert all(len(label) < 16 for label in spans)
