"""Whatever a line or a file holds, the readers end with an answer, never with a traceback."""
import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.framing import frame
from tests.tools.reading.made import Wire, packets, played, refund
from tools.bench_reading import capture, figures
from tools.capture.recording import CHANNELS, Packet, Reading, Writer
from tools.cli import main
from tools.reading import matching, outcomes, telling
from tools.reading.telling import Telling

OPTIONS = ([], ["-v", "--reveal"], ["--json"], ["--html", "{}"])


def told(folder, data):
    """Every output of show for a file, and diff with a sound one; the exit codes."""
    path, page, sound = (folder / name for name in ("x.pcapng", "x.html", "sound.pcapng"))
    path.write_bytes(data)
    sound.write_bytes(played("echo"))
    commands = [["show", *(word.format(page) for word in options), str(path)]
                for options in OPTIONS]
    commands += [["diff", str(path), str(sound)], ["diff", "--json", str(sound), str(path)]]
    codes = set()
    for words in commands:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            codes.add(main(words))
        if "--json" in words and out.getvalue():
            json.loads(out.getvalue())
    assert codes <= {0, 1}
    return codes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


DATA = st.binary(max_size=80) | st.binary(max_size=80).map(lambda raw: frame(b"\x60" + raw))
PACKETS = st.lists(st.tuples(st.sampled_from([*CHANNELS]), st.sampled_from(["out", "in", None]),
                             DATA, st.integers(0, 1 << 62),
                             st.dictionaries(st.sampled_from(["mac", "masked", "joined", "row1"]),
                                             st.text(max_size=20), max_size=2)), max_size=12)


@settings(max_examples=40, deadline=None)
@given(PACKETS)
def test_any_bytes_on_any_channel(folder, held):
    file = io.BytesIO()
    writer = Writer(file, {})
    for channel, way, data, at_us, notes in held:
        writer.write(Packet(at_us, channel, way, data, notes))
    told(folder, file.getvalue())


def wire_of(name):
    """The packets of a run's wire, and some of its screens."""
    return [packet for packet in packets(played(name))[1] if packet.channel == "wire"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_garble_in_the_packets_of_a_real_line(folder, data):
    held = wire_of("sale_wrong_pin")
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(held) - 1))
        raw = bytearray(held[at].data)
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        held[at] = held[at]._replace(data=bytes(raw))
    file = io.BytesIO()
    writer = Writer(file, {"mac": data.draw(st.sampled_from(["sm4", "", None, 7, []]))})
    for packet in held:
        writer.write(packet)
    told(folder, file.getvalue())


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_cut_and_any_garble_of_a_file(folder, data):
    raw = bytearray(played("refund_full"))
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    told(folder, bytes(raw[:data.draw(st.integers(0, len(raw)))]))


def test_a_capture_of_another_program_is_read_as_far_as_it_is_known(folder):
    from tools.capture import pcapng

    path = folder / "foreign.pcapng"
    bare = wire_of("echo")[0].data[3:-2]
    path.write_bytes(pcapng.section("dumpcap", "not json") + pcapng.interface(1, "eth0", "")
                     + pcapng.interface(147, "user0", "")
                     + pcapng.packet(0, 5, None, b"\x00" * 60)
                     + pcapng.packet(1, 6, None, bare)
                     + pcapng.packet(1, 7, None, len(bare).to_bytes(2, "big") + bare))
    out = io.StringIO()
    with redirect_stdout(out):
        assert main(["show", str(path)]) == 0
    assert "captured by dumpcap" in out.getvalue() and "60 bytes of linktype 1" in out.getvalue()
    assert out.getvalue().count("request") >= 2


def peak(count):
    """Bytes that telling a capture of so many packets takes at most."""
    import tracemalloc

    file = io.BytesIO()
    capture(count, file)
    for _ in Telling(Reading(io.BytesIO(file.getvalue()))):
        pass    # what the interpreter keeps in store is not counted
    file.seek(0)
    tracemalloc.start()
    try:
        for _ in Telling(Reading(file)):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(monkeypatch):
    monkeypatch.setattr(matching, "STANS", 50)
    monkeypatch.setattr(outcomes, "KEPT", 50)
    monkeypatch.setattr(telling, "WRONG_KEPT", 50)
    assert peak(6_000) < 1.3 * peak(1_200)


def test_bench_counts_every_packet_it_tells():
    assert figures(800)["packets"] == 800


def test_what_is_kept_of_a_long_capture_is_counted_where_it_is_dropped(monkeypatch):
    monkeypatch.setattr(outcomes, "KEPT", 10)
    file = io.BytesIO()
    capture(400, file)
    file.seek(0)
    counted = Telling(Reading(file))
    assert sum(1 for _ in counted)
    summary = counted.summary()
    assert len(summary["transactions"]) == 10 and summary["earlier"] == {"refund approved 00": 90}


def test_requests_that_are_never_answered_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(matching, "OPEN", 3)
    line = Wire()
    for stan in range(10, 30):
        line.say("out", refund(f"{stan:06}", f41=f"{stan:08}"))
    told = list(Telling(Reading(io.BytesIO(line.data))))
    assert [one.kind for one in told].count("missing") == 3
