"""What looks wrong on a line is found, named, and nothing else is."""
import io

import pytest

from protocol.framing import frame
from tests.tools.reading.made import Wire, played, refund, reply
from tools.capture.recording import Reading
from tools.reading.telling import Telling


def wrong(data):
    """{what: words} of all that looks wrong in a capture."""
    found = {}
    for told in Telling(Reading(io.BytesIO(data))):
        for what, words in told.wrong:
            assert what not in found
            found[what] = words
    return found


def bad_lrc(line):
    data = line.framed(refund())
    line.put("out", data[:-1] + bytes((data[-1] ^ 0x40,)))


def short_frame(line):
    line.put("out", line.framed(refund())[:-20])


def nak(line):
    data = line.framed(refund())
    line.put("out", data)
    line.nak("in")
    line.put("out", data, after=0.1)
    line.ack("in")
    line.say("in", reply())


def no_ack(line):
    data = line.framed(refund())
    line.put("out", data)
    line.put("out", data, after=3)
    line.ack("in")
    line.say("in", reply())


def bad_mac(line):
    line.say("out", refund(f64=b"00000000"), mac=False)
    line.say("in", reply())


def stan_reused(line):
    for order, way in ((refund(), "out"), (reply(), "in"), (refund(f4="000000000900"), "out"),
                       (reply(f4="000000000900"), "in")):
        line.say(way, order)


def no_request(line):
    line.say("in", reply())


def no_reply_at_the_end(line):
    line.say("out", refund())


def no_reply_before_the_next(line):
    line.say("out", refund())
    line.say("out", refund("000003"))
    line.say("in", reply("000003"))


def no_reply_before_the_repeat(line):
    line.say("out", refund())
    line.say("out", refund(mti="0221"), after=61)
    line.say("in", reply())


def field_missing(line):
    line.say("out", refund(f37=None))
    line.say("in", reply())


def field_missing_in_reply(line):
    line.say("out", refund())
    line.say("in", reply(f37=None))


def no_packet(line):
    line.put("out", frame(b"\x60" + bytes(30)))


def other_terminal(line):
    line.say("out", refund())
    line.say("in", reply(f41="10000002"), mac=False)
    line.say("in", reply())


def other_stan(line):
    line.say("out", refund())
    line.say("in", reply("000009"))
    line.say("in", reply())


def other_amount(line):
    line.say("out", refund())
    line.say("in", reply(f4="000000001251"))


def tpdu_not_turned(line):
    line.say("out", refund())
    line.say("in", reply(tpdu="6000030000"))


def late(line):
    line.say("out", refund())
    line.say("in", reply(), after=61)


def noise(line):
    line.put("in", b"\x55\xaa\x06\x55")


CASES = [
    (bad_lrc, "lrc", "wrong LRC: "), (short_frame, "frame", "cut: the frame says"),
    (nak, "nak", "arrived damaged"), (no_ack, "no ack", "no ACK for the frame"),
    (bad_mac, "mac", "MAC invalid"), (stan_reused, "stan", "STAN 000002 was used at"),
    (no_request, "no request", "a reply to no request"),
    (no_reply_at_the_end, "no reply", "before the capture ends"),
    (no_reply_before_the_next, "no reply", "before the next request"),
    (no_reply_before_the_repeat, "no reply", "in 61.0 s"),
    (field_missing, "field", "F37 (RRN) is missing"),
    (field_missing_in_reply, "field", "F37 (RRN) is missing"), (no_packet, "packet", "at byte"),
    (other_terminal, "differs", "F41 (terminal) is 10000002, the request has 10000001"),
    (other_stan, "differs", "F11 (STAN) is 000009, the request has 000002"),
    (other_amount, "differs", "F4 (amount, fen) is 000000001251"),
    (tpdu_not_turned, "differs", "TPDU 6000030000"), (late, "late", "late: 61.0 s behind"),
    (noise, "noise", "4 bytes that are no frame")]


@pytest.mark.parametrize("happens, what, said", CASES, ids=[case[0].__name__ for case in CASES])
def test_it_is_found_and_named_and_nothing_else(happens, what, said):
    line = Wire()
    happens(line)
    found = wrong(line.data)
    if what == "frame":     # what is cut off is missing inside, too
        del found["packet"]
    assert set(found) == {what} and said in found[what]


def test_a_wrong_check_value_of_a_key_is_told_once():
    assert wrong(played("wrong_kcv")) == {"keys": "keys wrong: the KCV is not the key's"}


def test_nothing_looks_wrong_where_nothing_is():
    for name in ("refund_full", "refund_part", "sale_swipe", "settle_equal", "operators", "void"):
        assert wrong(played(name)) == {}


def test_keys_under_an_unknown_master_key_are_no_fault():
    line = Wire(keys=False)
    line.say("out", refund())
    line.say("in", reply())
    assert wrong(line.data) == {}


def test_a_repeat_is_no_request_of_its_own():
    line = Wire()
    no_ack(line)
    telling = Telling(Reading(io.BytesIO(line.data)))
    repeats = [told for told in telling if told.repeat]
    assert len(repeats) == 1 and "repeat of" in repeats[0].words
    summary = telling.summary()
    assert summary["retransmissions"] == 1
    assert [row["kind"] for row in summary["transactions"]] == ["sign on", "refund"]
