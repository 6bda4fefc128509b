"""A simulated run's capture holds all that passed, as it was sent, and is the same every time."""
import io
from collections import defaultdict
from pathlib import Path

import pytest

from host_sim.play.script import read_script
from host_sim.world import KEY_DOWN_MS
from tools import press
from tools.capture.recording import Reading, microseconds
from tools.capture.units import STX, is_sound
from tools.cli import main
from tools.mpy import on_micropython

SCRIPTS = Path(__file__).parents[2] / "scripts"


def captured(path, **arguments):
    """(Shop, bytes of the capture) of a script's run."""
    file = io.BytesIO()
    shop, result = press.play(path, capture=file, **arguments)
    shop.world.close()
    assert "error" not in result, result["error"]
    return shop, file.getvalue()


def packets(data):
    """{channel: [Packet]} of a sound capture."""
    reading = Reading(io.BytesIO(data))
    by_channel = defaultdict(list)
    for packet in reading:
        by_channel[packet.channel].append(packet)
    assert reading.fault is None
    return by_channel


@pytest.fixture(scope="module")
def noisy():
    return captured(SCRIPTS / "line_noise.txt")


def test_wire_holds_every_packet_that_was_sent(noisy):
    shop, data = noisy
    frames = [packet for packet in packets(data)["wire"] if packet.data[0] == STX]
    assert all(is_sound(packet.data) for packet in frames)
    assert [(packet.way, packet.data[3:-2]) for packet in frames] == [
        (event.kind, event.value) for event in shop.world.trace if event.kind in ("out", "in")]


def test_an_answer_sent_with_its_acknowledgement_is_joined_to_it(noisy):
    wire = packets(noisy[1])["wire"]
    joined = [(before, packet) for before, packet in zip(wire, wire[1:], strict=False)
              if "joined" in packet.notes]
    assert joined
    for before, packet in joined:
        assert (before.way, before.at_us) == (packet.way, packet.at_us)
        assert len(before.data) == 1 and packet.data[0] == STX


def test_keys_go_down_and_up_as_long_as_a_finger_stays(noisy):
    shop, data = noisy
    moves = [(packet.at_us, *packet.data.decode().split()) for packet in packets(data)["keypad"]]
    downs, ups = moves[::2], moves[1::2]
    assert [key for _, way, key in downs] == [
        event.value for event in shop.world.trace if event.kind == "key"]
    assert [(at + 1000 * KEY_DOWN_MS, "up", key) for at, _, key in downs] == ups


def test_screens_and_paper_are_there_with_their_words(noisy):
    shop, data = noisy
    found = packets(data)
    assert [(packet.data, *(packet.notes[f"row{row}"] for row in (1, 2, 3, 4)))
            for packet in found["screen"]] == [
        (event.value.pixels, *event.value.rows)
        for event in shop.world.trace if event.kind == "screen"]
    printed = b"".join(packet.data for packet in found["paper"])
    assert "520.00".encode("gb18030") in printed


def test_what_a_script_does_to_the_parts_is_told_in_its_own_words():
    _, data = captured(SCRIPTS / "power_cut_printing.txt")
    said = [packet.data.decode() for packet in packets(data)["bench"]]
    assert said[:2] == ["power on", "power off"] and said.count("power on") == 2
    _, data = captured(SCRIPTS / "printer_troubles.txt")
    said = [packet.data.decode() for packet in packets(data)["bench"]]
    written = [one.text for one in read_script(SCRIPTS / "printer_troubles.txt").statements
               if one.name in ("paper", "printer")]
    assert [one for one in said if not one.startswith("power")] == written


def test_a_swipe_is_the_line_that_the_head_sent():
    _, data = captured(SCRIPTS / "sale_swipe.txt")
    reads = [packet.data for packet in packets(data)["keypad"] if packet.data.startswith(b"read")]
    assert reads[0].startswith(b"read ;620000") and reads[0].endswith(b"\r")


def test_head_tells_how_to_play_it_again(noisy):
    head = Reading(io.BytesIO(noisy[1])).head
    assert head.application == "tuidan"
    script = read_script(SCRIPTS / "line_noise.txt")
    assert head.run | {
        "made_by": "press", "script": str(SCRIPTS / "line_noise.txt"), "seed": script.seed,
        "start": script.start.isoformat(), "terminal": "10000001", "mac": "unionpay-ecb",
        "language": script.language, "scenario": None, "blank": False} == head.run


def test_times_begin_with_the_calendar_of_the_script(noisy):
    first = next(iter(Reading(io.BytesIO(noisy[1]))))
    assert (first.at_us, first.channel, first.data) == (
        microseconds(read_script(SCRIPTS / "line_noise.txt").start), "bench", b"power on")


def test_one_seed_gives_one_file_on_both_interpreters(noisy):
    path = SCRIPTS / "line_noise.txt"
    assert captured(path)[1] == noisy[1]
    assert captured(path, world=on_micropython())[1] == noisy[1]
    assert captured(path, seed=5)[1] != noisy[1]


def test_a_scenario_of_ones_own_is_in_the_head_whole(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('about = "x"\nsamples = true\n', encoding="utf-8")
    script = tmp_path / "one.txt"
    script.write_text(f"scenario {own}\n", encoding="utf-8")
    run = Reading(io.BytesIO(captured(script)[1])).head.run
    assert (run["scenario"], run["scenario_text"]) == ("own", own.read_text())
    script.write_text("scenario review_day\n", encoding="utf-8")
    run = Reading(io.BytesIO(captured(script)[1])).head.run
    assert run["scenario"] == "review_day" and "scenario_text" not in run


def test_a_run_that_goes_another_way_is_captured_up_to_there(tmp_path, capsys):
    script = tmp_path / "wrong.txt"
    script.write_text('wait "never seen" within 1s\n', encoding="utf-8")
    out = tmp_path / "a.pcapng"
    assert main(["capture", "-o", str(out), str(script)]) == 1
    assert "expected" in capsys.readouterr().err
    with open(out, "rb") as file:
        reading = Reading(file)
        assert [packet.data for packet in reading if packet.channel == "bench"] == [b"power on"]
    assert reading.remarks == ["failed"]


def test_press_and_capture_write_the_same_file(tmp_path, capsys):
    script = str(SCRIPTS / "declined.txt")
    one, other = tmp_path / "one", tmp_path / "other"
    assert main(["press", script, "--capture", str(one)]) == 0
    assert main(["capture", "-o", str(other), script]) == 0
    assert one.read_bytes() == other.read_bytes()
    assert main(["press", script, script, "--capture", str(one)]) == 2
    assert "for one script" in capsys.readouterr().err
