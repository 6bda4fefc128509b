"""The printer driver against the bench's printer, in virtual time."""

import machine
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.drivers.printer import BOLD, CENTRE, CUT, DOUBLE, FEED, RULE, Printer, encode
from firmware.kernel import Kernel
from firmware.text.glyphs import Glyphs
from host_sim.bench.printer import Line, PaperPrinter
from host_sim.chip import Chip
from tools.glyphs import gb2312_table

PORT = 1
GLYPHS = Glyphs()
ASK = b"\x10\x04\x02\x10\x04\x03\x10\x04\x04"
SLIP = [
    (DOUBLE | CENTRE, "退货"), (BOLD, "商户存根 MERCHANT COPY"), (RULE, "-"),
    (0, "金额 RMB 12.50"), (FEED, 2), (CUT, ""),
]
SLIP_ON_PAPER = [
    Line("退货", double=True, align="centre"), Line("商户存根 MERCHANT COPY", bold=True),
    Line("-" * 32), Line("金额 RMB 12.50"), Line(""), Line(""),
]


class NarrowUart(machine.UART):
    """A port that takes at most `room` bytes at once, and every other time none at all."""

    room = 7
    full = False

    def write(self, data):
        self.full = not self.full
        return None if self.full else super().write(data[: self.room])


class Bench:
    """One driver on a simulated port with a printer (or nothing) at its other end."""

    def __init__(self, uart=machine.UART):
        self.chip = machine.board = Chip(flash=None)
        self.kernel = Kernel()
        self.driver = Printer(uart(PORT, baudrate=9600), self.kernel, GLYPHS)
        self.paper = PaperPrinter()
        self.sent = bytearray()
        self.answer = self.paper.receive

    def run(self, job):
        """The job's result; the clock jumps from deadline to deadline."""
        machine.board = self.chip
        task = self.kernel.spawn(job)
        while True:
            wait = self.kernel.step()
            if task.done:
                assert task.error is None, task.error
                return task.result
            for _, port, data in self.chip.take_outputs():
                assert port == PORT
                self.sent += data
                answer = self.answer(data)
                if answer:
                    self.chip.receive(PORT, answer)
            if not self.kernel.pending():
                self.chip.now_ms += wait


def test_a_slip_comes_out_as_it_was_given():
    bench = Bench()
    assert bench.run(bench.driver.print(SLIP)) == "ok"
    assert bench.paper.lines == SLIP_ON_PAPER
    assert bench.paper.cuts == [6]
    assert bench.paper.unknown == 0


def test_the_sensor_is_asked_before_and_after_and_modes_are_reset_between():
    bench = Bench()
    bench.run(bench.driver.print([(0, "A")]))
    assert bench.sent.startswith(ASK + b"\x1b@")
    assert bench.sent.endswith(b"A\n" + ASK)


def test_chinese_goes_out_between_its_two_switches():
    assert encode((0, "RMB 元A"), GLYPHS).endswith(b"RMB \x1c&\xd4\xaa\x1c.A\n")
    assert encode((0, "退货"), GLYPHS).endswith(b"\x1c&\xcd\xcb\xbb\xf5\x1c.\n")


def test_text_from_elsewhere_cannot_carry_commands():
    bench = Bench()
    bench.run(bench.driver.print([(0, "a\x1b@b\x1dV\x00c\n\x10\x04\x04")]))
    assert [line.text for line in bench.paper.lines] == ["a?@b?V?c????"]
    assert bench.paper.cuts == []


@settings(deadline=None)
@given(st.text(st.sampled_from([*map(chr, gb2312_table()), *map(chr, range(0x20, 0x7F))])))
def test_every_text_of_gb2312_is_printed_without_loss(text):
    paper = PaperPrinter()
    paper.receive(encode((0, text), GLYPHS))
    read = "".join(line.text for line in paper.lines)
    # GB 18030 reads two places of GB 2312 as another twin.
    assert read == text.replace("・", "·").replace("―", "—")
    assert paper.unknown == 0


def test_a_printer_with_paper_is_ready():
    bench = Bench()
    assert bench.run(bench.driver.ready()) == "ok"
    assert bench.sent == ASK


def test_without_paper_nothing_is_printed():
    bench = Bench()
    bench.paper.paper_out = True
    assert bench.run(bench.driver.print(SLIP)) == "no_paper"
    assert bench.sent == ASK


@pytest.mark.parametrize("trouble, told", [
    ("open", "open"), ("cutter jammed", "cutter"), ("overheated", "hot"), ("broken", "broken"),
])
def test_each_trouble_of_the_printer_has_a_name_of_its_own(trouble, told):
    bench = Bench()
    bench.paper.trouble = trouble
    assert bench.run(bench.driver.print(SLIP)) == told
    assert bench.paper.lines == []


def test_a_cover_that_is_opened_meanwhile_is_reported():
    bench = Bench()

    def answer(data):
        bench.paper.trouble = "open" if len(bench.paper.lines) >= 2 else None
        return bench.paper.receive(data)

    bench.answer = answer
    assert bench.run(bench.driver.print(SLIP)) == "open"
    assert bench.paper.lines == SLIP_ON_PAPER[:2]


def test_paper_that_ends_meanwhile_is_reported():
    bench = Bench()

    def answer(data):
        bench.paper.paper_out = len(bench.paper.lines) >= 2
        return bench.paper.receive(data)

    bench.answer = answer
    assert bench.run(bench.driver.print(SLIP)) == "no_paper"
    assert bench.paper.lines == SLIP_ON_PAPER[:2]


def test_a_printer_that_does_not_answer_is_silent_after_half_a_second():
    bench = Bench()
    bench.answer = lambda data: b""
    assert bench.run(bench.driver.print(SLIP)) == "silent"
    assert bench.sent == ASK[:3]
    assert 500 <= bench.chip.now_ms < 510


@pytest.mark.parametrize("noise", [b"\x00", b"\x11\x13\xff"])
def test_bytes_that_are_no_status_are_passed_over(noise):
    bench = Bench()
    bench.answer = lambda data: noise + bench.paper.receive(data)
    assert bench.run(bench.driver.ready()) == "ok"


def test_a_port_that_only_makes_noise_is_silent():
    bench = Bench()
    bench.answer = lambda data: b"\xff\x00"
    assert bench.run(bench.driver.ready()) == "silent"


def test_an_answer_from_before_the_question_does_not_count():
    bench = Bench()
    bench.chip.receive(PORT, b"\x12")
    bench.paper.paper_out = True
    assert bench.run(bench.driver.ready()) == "no_paper"


def test_a_port_that_takes_few_bytes_gets_them_all_in_order():
    bench, narrow = Bench(), Bench(NarrowUart)
    bench.run(bench.driver.print(SLIP))
    assert narrow.run(narrow.driver.print(SLIP)) == "ok"
    assert narrow.sent == bench.sent


def test_printing_takes_at_least_the_time_on_the_wire():
    bench = Bench()
    bench.run(bench.driver.print(SLIP))
    assert bench.chip.now_ms >= len(bench.sent) * 10 * 1000 // 9600


def test_other_tasks_run_while_it_prints():
    bench = Bench()
    beats = []

    async def beat():
        while True:
            await bench.kernel.sleep(100)
            beats.append(bench.kernel.now())

    bench.kernel.spawn(beat())
    bench.run(bench.driver.print(SLIP * 5))
    assert len(beats) == bench.chip.now_ms // 100
