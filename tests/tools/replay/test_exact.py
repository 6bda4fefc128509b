"""A simulator's capture replays to the byte and millisecond; one spoilt field in it is named."""
import json

import pytest

from protocol.framing import frame
from tests.tools.replay.captures import SCRIPTS, captured, packets_of, write
from tests.tools.replay.flips import flipped
from tools.cli import main
from tools.replay.command import replay_file
from tools.replay.fields import packet_of, parts_of
from tools.replay.stages import STAGES, TAKES


class Spoilt:
    """A capture whose packets can be changed one at a time."""

    def __init__(self, data, folder):
        self.run, self.packets = packets_of(data)
        self.path = folder / "spoilt.pcapng"

    def with_packet(self, number, data):
        """The replay of the capture with another `number`th packet."""
        return self._with([packet._replace(data=data) if at == number else packet
                           for at, packet in enumerate(self.packets, 1)])

    def without(self, number):
        return self._with([packet for at, packet in enumerate(self.packets, 1) if at != number])

    def _with(self, packets):
        return replay_file(write(self.path, self.run, packets))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    return Spoilt(captured(SCRIPTS / "refund_full.txt"), tmp_path_factory.mktemp("spoilt"))


def test_a_field_with_one_bit_turned_is_named_by_the_whole_replay(spoilt):
    """Every fourth field of every message: tests/tools/test_every_script.py has them all."""
    flips = 0
    for number, one in enumerate(spoilt.packets, 1):
        parts = parts_of(one.data) if one.channel == "wire" else None
        for field, piece in [*(parts or {}).items()][::4]:
            data = frame(flipped(packet_of(one.data), field, piece))
            result = spoilt.with_packet(number, data)
            first = result.differences[0]
            assert (first.number, first.field) == (number, field), (number, field, first)
            assert first.against == ("terminal" if one.way == "out" else "acquirer")
            assert first.at == piece.at and first.message
            flips += 1
    assert flips > 20


def test_what_passed_is_not_kept(spoilt):
    for against, stage_of in STAGES.items():
        stage = stage_of(spoilt.run, lambda packet: None)
        with stage.world:
            for packet in spoilt.packets:
                if (packet.channel, packet.way) in TAKES[against]:
                    stage.put([packet])
            assert stage.now_us > spoilt.packets[0].at_us
            assert not stage.world.trace and len(stage.world.paper) < 40


@pytest.mark.parametrize("channel, way, field", [
    ("screen", None, "pixels"), ("paper", None, "bytes"), ("wire", "out", "control")])
def test_one_bit_of_anything_else_is_named(spoilt, channel, way, field):
    number = max(at for at, one in enumerate(spoilt.packets, 1)
                 if (one.channel, one.way) == (channel, way) and (not way or len(one.data) == 1))
    data = bytearray(spoilt.packets[number - 1].data)
    data[len(data) // 2] ^= 0x13 if way else 1
    first = spoilt.with_packet(number, bytes(data)).differences[0]
    assert (first.number, first.field) == (number, field)
    assert first.expected != first.actual


def test_a_packet_that_is_not_there_is_named(spoilt):
    number = max(at for at, one in enumerate(spoilt.packets, 1) if one.channel == "screen")
    first = spoilt.without(number).differences[0]
    assert first.name == "is new" and first.who == "screen"
    assert first.actual.startswith("screen ") and first.expected is None


def test_another_key_is_noticed_by_what_follows(spoilt):
    number = next(at for at, one in enumerate(spoilt.packets, 1) if one.data == b"down 1")
    first = spoilt.with_packet(number, b"down 2").differences[0]
    assert (first.against, first.who) == ("terminal", "screen")


def test_a_capture_cut_anywhere_is_replayed_up_to_there(spoilt, tmp_path):
    data = captured(SCRIPTS / "echo.txt")
    for size in range(1200, len(data), 997):
        (tmp_path / "cut.pcapng").write_bytes(data[:size])
        result = replay_file(tmp_path / "cut.pcapng")
        assert result.differences == []


def test_a_file_that_is_cut_is_an_error_in_every_report(spoilt, tmp_path, capsys):
    cut, xml, page = tmp_path / "cut.pcapng", tmp_path / "a.xml", tmp_path / "a.html"
    cut.write_bytes(captured(SCRIPTS / "echo.txt")[:-3])
    assert main(["replay", str(cut), "--junit", str(xml), "--html", str(page)]) == 1
    assert "up to its fault only" in capsys.readouterr().out
    assert 'errors="1"' in xml.read_text() and 'failures="0"' in xml.read_text()
    assert "up to its fault only" in page.read_text()


def test_command_tells_the_field_and_ends_with_1(spoilt, tmp_path, capsys):
    number, one = next((at, one) for at, one in enumerate(spoilt.packets, 1)
                       if one.channel == "wire" and one.data[14:16] == b"\x02\x20")
    wrong = flipped(packet_of(one.data), "4", parts_of(one.data)["4"])
    spoilt.with_packet(number, frame(wrong))
    words = ["replay", str(spoilt.path), "--exact", "--against", "terminal"]
    xml, page = tmp_path / "a.xml", tmp_path / "a.html"
    assert main([*words, "--junit", str(xml), "--html", str(page)]) == 1
    told = capsys.readouterr().out
    assert "0220 refund request: F4 amount, fen, at byte 24" in told
    assert "file    100000052000" in told and "replay  000000052000" in told
    assert 'failures="1"' in xml.read_text()
    assert "F4 amount, fen" in page.read_text()
    assert main([*words, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["packets"] > 50 and len(told["differences"]) == 1
    assert told["differences"][0]["field"] == "4"
    assert told["differences"][0]["who"] == "terminal"


def test_what_cannot_be_opened_is_told_in_one_line(tmp_path, capsys):
    for path in (tmp_path, tmp_path / "nowhere"):
        assert main(["replay", str(path)]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"tuidan replay: {path}: cannot be read: ") and err.count("\n") == 1


@pytest.mark.parametrize("data, words", [
    (b"", "the file is empty"), (b"\xd4\xc3\xb2\xa1" + bytes(20), "older pcap format"),
    (b"hello", "no pcapng file")])
def test_what_is_no_capture_is_told_in_one_line(tmp_path, capsys, data, words):
    (tmp_path / "x").write_bytes(data)
    assert main(["replay", str(tmp_path / "x")]) == 2
    err = capsys.readouterr().err
    assert words in err and err.count("\n") == 1
