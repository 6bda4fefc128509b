"""`tuidan diff`: one flipped field anywhere is found and named; what is the same says nothing."""
import json

import pytest

from protocol import tlv
from protocol.framing import frame
from protocol.iso8583 import Message, decode, encode
from tests.tools.reading.made import Wire, packets, played, refund, reply, rewritten
from tools.cli import main


@pytest.fixture
def diff(tmp_path, capsys):
    """diff(a, b, *options) -> (exit code, output, errors)."""
    def run(a, b, *options):
        paths = [tmp_path / "a.pcapng", tmp_path / "b.pcapng"]
        for path, data in zip(paths, (a, b), strict=True):
            path.write_bytes(data)
        code = main(["diff", *map(str, paths), *options])
        return code, *capsys.readouterr()
    return run


def told(ran):
    """The object of a run with --json."""
    return json.loads(ran[1])


def flipped(value):
    """A field's value with its last place changed into another that the field may have."""
    if not value:
        return value + ("1" if isinstance(value, str) else b"1")
    if isinstance(value, bytes):
        return value[:-1] + bytes((value[-1] ^ 1,))
    return value[:-1] + ("1" if value[-1] != "1" else "2")


def fields_of(data):
    """(number of the packet, number of the field) of every field of every message."""
    for at, packet in enumerate(packets(data)[1], 1):
        if packet.channel == "wire" and len(packet.data) > 1:
            yield from ((at, number) for number in decode(packet.data[3:-2]).fields)


def with_flipped(data, at, number):
    """The capture with that field of that packet changed."""
    count = iter(range(1, 1 << 30))

    def change(packet):
        if next(count) != at:
            return packet
        message = decode(packet.data[3:-2])
        message.fields[number] = flipped(message.fields[number])
        return packet._replace(data=frame(encode(message)))
    return rewritten(data, change)


@pytest.mark.parametrize("name", ["refund_part", "sale_swipe", "settle_equal", "take_back"])
def test_every_field_of_every_message_is_found_and_named(diff, name):
    data = rewritten(played(name), lambda one: one if one.channel == "wire" else [])
    for at, number in fields_of(data):
        code, out, _ = diff(data, with_flipped(data, at, number), "--json")
        found = json.loads(out)
        rows = [row for row in found["differences"] if row["what"] == "differs"]
        named = {row["field"].partition(".")[0] for row in rows}
        lonely = [row for row in found["differences"] if row["what"] != "differs"]
        assert code == 1
        if number in (3, 60):       # the message may be another's now: it has no like
            assert str(number) in named or len(lonely) == 2
        else:
            assert named == {str(number)} and not lonely
            assert rows[0]["a"]["number"] == at == rows[0]["b"]["number"]


def test_a_capture_differs_in_nothing_from_itself(diff):
    for name in ("no_reply", "line_noise", "activate"):
        code, out, err = diff(played(name), played(name), "--times", "--with", "screen",
                              "--with", "paper")
        assert (code, err) == (0, "") and "0 of them differ" in out


def test_a_field_is_told_with_both_values_and_its_bytes(diff):
    one, other = Wire(), Wire()
    one.say("out", refund())
    other.say("out", refund(f4="000000009900"))
    code, out, _ = diff(one.data, other.data)
    assert code == 1 and out.startswith("first difference:\nA ")
    assert "F4 amount, fen: 12.50 yuan in A, 99.00 yuan in B" in out
    assert "A byte   24: 00 00 00 00 12 50" in out and "B byte   24: 00 00 00 00 99 00" in out
    assert "3 messages compared, 1 of them differ" in out


def test_tags_and_groups_of_digits_are_named(diff):
    one, other = Wire(), Wire()
    one.say("out", refund())
    tags = tlv.pack([("DF01", "20260005"), ("DF06", "01"), ("DF0C", "20260316"),
                     ("DF0D", bytes(8))])
    other.say("out", refund(f62=tags, f60="25000002000"))
    rows = told(diff(one.data, other.data, "--json", "--ignore", "64"))["differences"]
    assert [row["field"] for row in rows] == ["60.batch", "62.DF01"]


def test_fields_that_are_ignored_make_no_difference(diff):
    one, other = Wire(), Wire()
    one.say("out", refund())
    other.say("out", refund("000007", f37="999999999999"))
    assert diff(one.data, other.data, "--ignore", "11,F37,64")[0] == 0
    rows = told(diff(one.data, other.data, "--json", "--ignore", "64"))["differences"]
    assert [row["field"] for row in rows] == ["11", "37"]
    assert diff(one.data, other.data, "--ignore", "11,64")[0] == 1
    other = Wire()
    other.say("out", refund(f62=tlv.pack([("DF01", "20260004"), ("DF06", "02"),
                                          ("DF0C", "20260316"), ("DF0D", bytes(8))])))
    assert diff(one.data, other.data, "--ignore", "62.DF06,64")[0] == 0


@pytest.mark.parametrize("path", ["999", "x", "62.", "11;12"])
def test_a_path_that_is_none_is_wrong_usage(path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["diff", "a", "b", "--ignore", path])
    assert caught.value.code == 2 and "is no field" in capsys.readouterr().err


def test_what_only_one_has_does_not_pull_the_rest_apart(diff):
    one, other = Wire(), Wire()
    for stan in ("000002", "000003", "000004"):
        one.say("out", refund(stan))
        one.say("in", reply(stan))
        if stan != "000003":
            other.say("out", refund(stan))
            other.say("in", reply(stan))
    found = told(diff(one.data, other.data, "--json"))
    assert (found["only_a"], found["only_b"], found["differ"], found["compared"]) == (2, 0, 0, 6)
    assert found["first"]["what"] == "only in A" and "STAN 000003" in found["first"]["a"]["words"]


def test_numbers_that_are_all_shifted_are_compared_one_to_one(diff):
    one, other = Wire(), Wire()
    for stan in range(10, 300):
        for line, number in ((one, stan), (other, stan + 500)):
            line.say("out", refund(f"{number:06}"))
    found = told(diff(one.data, other.data, "--json", "--ignore", "64"))
    assert (found["only_a"], found["only_b"], found["differ"]) == (0, 0, 290)
    assert {row["field"] for row in found["differences"]} == {"11"}


def test_times_count_only_if_asked_for(diff):
    one, other = Wire(), Wire()
    one.say("out", refund())
    other.say("out", refund(), after=2)
    assert diff(one.data, other.data)[0] == 0
    code, out, _ = diff(one.data, other.data, "--times")
    assert code == 1 and "time behind the one before: 1.0 s in A, 2.0 s in B" in out


def test_a_damaged_frame_and_a_nak_are_differences(diff):
    one, other = Wire(), Wire()
    data = one.framed(refund())
    one.put("out", data)
    other.put("out", data[:-1] + bytes((data[-1] ^ 1,)))
    other.nak("in")
    rows = told(diff(one.data, other.data, "--json"))["differences"]
    assert [(row["what"], row.get("field")) for row in rows] == [
        ("differs", "frame"), ("only in B", None)]


def test_screens_and_paper_are_compared_if_asked_for(diff):
    one = played("refund_full")
    other = rewritten(one, lambda packet: packet._replace(
        notes=packet.notes | {"row2": "000.00"}) if packet.channel == "screen" else packet)
    assert diff(one, other)[0] == 0
    assert diff(one, other, "--with", "screen")[0] == 1
    assert diff(one, other, "--with", "paper")[0] == 0


def test_what_is_hidden_is_compared_and_stays_hidden(diff):
    one, other = Wire(), Wire()
    one.say("out", refund(f52=bytes(8), f2="6228480402564890018"))
    other.say("out", refund(f52=bytes(range(8)), f2="6228480402664890018"))
    _, out, _ = diff(one.data, other.data, "--ignore", "64")
    assert out.count("differs in what is hidden") == 2
    assert "00 01 02 03" not in out and "62 28 48" not in out
    assert "00 01 02 03" in diff(one.data, other.data, "--reveal")[1]


def test_packets_that_cannot_be_decoded_are_compared_whole(diff):
    one, other = Wire(), Wire()
    one.put("out", frame(b"\x60" + bytes(19)))
    other.put("out", frame(b"\x60" + bytes(18)))
    assert diff(one.data, one.data)[0] == 0
    code, out, _ = diff(one.data, other.data)
    assert code == 1 and "bytes that are no packet: 20 bytes in A, 19 bytes in B" in out


def test_files_that_are_none_or_cut_are_told(diff, tmp_path, capsys):
    data = played("refund_full")
    code, out, err = diff(data, data[:len(data) // 2])
    assert code == 1 and "only in A" in out and "damaged at byte" in err
    code, out, err = diff(data, b"")
    assert (code, out) == (1, "") and "the file is empty" in err
    assert main(["diff", str(tmp_path / "no"), str(tmp_path / "no")]) == 2


def test_headers_are_compared(diff):
    one, other = Wire(keys=False), Wire(keys=False)
    message = refund()
    one.say("out", message)
    other.say("out", Message(message.tpdu, "603100311002", message.mti, message.fields))
    assert [row["field"] for row in told(diff(one.data, other.data, "--json"))["differences"]] == [
        "header"]
