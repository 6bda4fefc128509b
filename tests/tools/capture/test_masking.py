"""Of a card nobody published no file holds more than the first 6 and last 4 digits, whatever
befell the frames; keys and PIN blocks neither; and what is published stays to the byte."""
import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_sim.acquirer import samples
from host_sim.acquirer.keys import token
from host_sim.show.mask import TEST_CARDS
from protocol import tlv
from protocol.pin import PinKey
from protocol.reference.ciphers import Ciphers
from tests.tools.capture.lines import (
    MAK,
    PIK,
    TERMINAL,
    TMK,
    fields_of,
    file_of,
    frame,
    kept,
    packet,
    read,
    sale,
    sign_on_reply,
)
from tools.capture.keys import Known
from tools.capture.units import is_sound, lrc

REAL = "6217001234567890123"
TEST = "6200000000000005"
WINDOW = 8      # so many digits in a row are more than the first 6 or the last 4


def windows(pan):
    return {pan[at:at + WINDOW] for at in range(len(pan) - WINDOW + 1)}


def digits_in(data):
    """A file's digits, packed two a byte and written out, as two texts."""
    return data.hex(), re.sub("[ -]", "", data.decode("latin-1"))


def told_of(pan, data):
    """How often pieces of a card number stand in a file."""
    return sum(text.count(piece) for piece in windows(pan) for text in digits_in(data))


def twin(pan):
    """A number that differs from `pan` in each digit that has to be hidden."""
    middle = pan[6:-4].translate(str.maketrans("0123456789", "5678901234"))
    return pan[:6] + middle + pan[-4:]


def carriers(pan):
    """Packets that hold a card number, each in another place."""
    track = f"{pan}=30122010000000"[:37]
    entry = f"0{1}00000007{pan:0>20}000000012800"
    return [
        sale(pan), sale(pan, f35=track, f14="3012", f52=bytes(range(8)), f26="12"),
        sale(TEST, f36=f"99{pan}=156" + "0" * 20), sale(pan, f55=b"\x5a\x0a" + bytes.fromhex(
            f"{pan:F<20}")),
        sale(TEST, f63=f"CUP card {pan}"), sale(TEST, f44=" ".join((pan[:4], pan[4:]))[:25]),
        packet("0320", {11: "000009", 48: entry, 60: "00000001201", 64: bytes(8)}),
        sale(TEST, f62=tlv.pack([("DF14", pan), ("DF0A", f"card {pan}")])),
        packet("0221", {3: "200000", 4: "0" * 12, 11: "000001", 62: pan.encode()}),
    ]


@pytest.mark.parametrize("place", range(len(carriers(REAL))))
def test_no_field_gives_a_card_away(place):
    data = file_of([frame(carriers(REAL)[place])])
    assert told_of(REAL, frame(carriers(REAL)[place])) > 0
    assert told_of(REAL, data) == 0


def test_a_card_keeps_its_first_six_and_last_four():
    (data, notes), = kept(frame(sale(REAL, f35=f"{REAL}=30122010000000")))
    fields = fields_of(data)
    assert fields[2] == "6217000000000000123"
    assert fields[35] == "0" * 19 + "=" + "0" * 14
    assert notes["masked"] == "2 35 64" and is_sound(data)
    assert len(data) == len(frame(sale(REAL, f35=f"{REAL}=30122010000000")))


def damaged(data, harm):
    """`data` with one fault: (kind, where, which byte)."""
    kind, at, byte = harm
    at %= len(data) or 1
    if kind == "drop":
        return data[:at] + data[at + 1:]
    if kind == "flip":
        return data[:at] + bytes((data[at] ^ (1 << byte % 8),)) + data[at + 1:] if data else data
    if kind == "insert":
        return data[:at] + bytes((byte,)) + data[at:]
    if kind == "cut":
        return data[:at]
    if kind == "behead":
        return data[at:]
    if kind == "move":
        return data[at:] + data[:at]
    return data[:at] + data[at:at + 1] + data[at:]


HARMS = st.lists(st.tuples(
    st.sampled_from(["drop", "flip", "insert", "cut", "behead", "double", "move"]),
    st.integers(0, 400), st.sampled_from([0x00, 0x02, 0x03, 0x06, 0x15, 0x16, 0x62, 0xFF])),
    max_size=4)
CARDS = st.integers(13, 19).flatmap(
    lambda size: st.text("0123456789", min_size=size, max_size=size)).filter(
    lambda pan: pan not in TEST_CARDS)


@settings(max_examples=400, deadline=None)
@given(pan=CARDS, places=st.lists(st.integers(0, 8), min_size=1, max_size=3), harms=HARMS,
       cuts=st.lists(st.integers(0, 600), max_size=4))
def test_no_damage_to_the_line_gives_a_card_away(pan, places, harms, cuts):
    """Held against the same line with another card: what stands in both files is no secret."""
    files = []
    for number in (pan, twin(pan)):
        data = b"".join(b"\x06" + frame(carriers(number)[place]) for place in places)
        for harm in harms:
            data = damaged(data, harm)
        edges = [0, *sorted(cuts), len(data)]
        files.append(file_of([data[a:b] for a, b in zip(edges, edges[1:], strict=False)
                              if data[a:b]]))
    assert told_of(pan, files[0]) <= told_of(pan, files[1])


def test_two_flips_that_the_lrc_misses_shift_no_field_into_the_open():
    whole = frame(sale(REAL))
    for byte, at, bit in product(range(16, 24), range(3, len(whole) - 2), range(8)):
        if at != byte:
            data = bytearray(whole)
            data[byte] ^= 1 << bit
            data[at] ^= 1 << bit
            assert is_sound(bytes(data))
            assert told_of(REAL, kept(bytes(data))[0][0]) == 0


def test_a_digit_that_looks_like_a_control_byte_is_not_kept_as_one():
    reading, packets = read(file_of([bytes.fromhex("0617001506"), bytes.fromhex("21")]))
    assert [set(packet.data) for packet in packets] == [{0}, {0}]
    assert all(packet.notes == {"masked": "undecodable"} for packet in packets)


def test_a_bad_frame_stays_bad_and_keeps_only_its_length():
    whole = frame(sale(REAL))
    spoilt = whole[:-1] + bytes((whole[-1] ^ 0x40,))
    (data, notes), = kept(spoilt)
    assert notes == {"masked": "undecodable"}
    assert not is_sound(data) and data[:3] == whole[:3] and set(data[3:-2]) == {0}


def test_an_undecodable_message_keeps_its_mti_and_bitmap():
    raw = sale(REAL)
    (data, notes), = kept(frame(raw[:-1]))
    assert notes == {"masked": "undecodable"} and is_sound(data)
    assert data[3:-2] == bytes(11) + raw[11:21] + bytes(len(raw) - 22)


SHIFTED = {3: "196217", 4: "001234567890", 11: "123000"}     # length and card, read as F3 4 11


@pytest.mark.parametrize("mti, fields", [
    ("0200", SHIFTED), ("0210", SHIFTED), ("0200", {4: "621700123456", 11: "789012"}),
    ("0100", {3: "000000", 4: "621700123456", 11: "789012"}),
    ("0200", {3: "000000", 4: "621700123456", 11: "789012", 49: "840"})])
def test_what_decodes_by_chance_is_not_believed(mti, fields):
    (data, notes), = kept(frame(packet(mti, fields)))
    assert notes == {"masked": "undecodable"} and set(data[24:-2]) == {0}


def test_a_bitmap_that_is_none_is_not_kept():
    raw = sale(REAL)
    (data, _), = kept(frame(raw[:13] + bytes.fromhex("6217001234567890") + raw[21:]))
    assert set(data[3:-2]) == {0}


def test_published_cards_stay_to_the_byte():
    for pan in sorted(TEST_CARDS):
        whole = frame(sale(pan, f35=f"{pan}=30122010000000", f14="3012"))
        assert kept(whole) == [(whole, {"mac": "unchecked"})]


def test_a_verdict_is_that_of_the_message_before_it_was_masked():
    good = sale(REAL, mak=MAK)
    wrong = good[:-1] + bytes((good[-1] ^ 1,))
    units = [frame(one) for one in (good, sign_on_reply(), good, wrong, sale(TEST, mak=MAK))]
    assert [notes["mac"] for _, notes in kept(*units)] == [
        "unchecked", "valid", "valid", "invalid", "valid"]
    masked = kept(*units)[2][0]
    assert fields_of(masked)[64] == bytes(8)


@pytest.mark.parametrize("algorithm", ["unionpay-ecb", "x9.19", "aes-cmac", "sm4"])
def test_the_0810_itself_tells_which_mac_it_is(algorithm):
    fields = fields_of(frame(sign_on_reply()))
    del fields[64]
    reply = packet("0810", fields, MAK, algorithm)
    request = packet("0600", {3: "390001", 11: "000002", 60: "01000001",
                              62: tlv.pack([("DF01", "1")])}, MAK, algorithm)
    assert [notes["mac"] for _, notes in kept(frame(reply), frame(request))] == ["valid"] * 2


def test_an_older_key_is_good_until_the_transaction_under_it_ends():
    other = bytes(range(32, 48))
    units = [frame(sign_on_reply()), frame(sign_on_reply(mak=other)), frame(sale(TEST, mak=MAK))]
    assert [notes["mac"] for _, notes in kept(*units)] == ["valid"] * 3


def test_keys_under_the_published_tmk_stay_and_others_are_zeros():
    published = frame(sign_on_reply())
    assert kept(published) == [(published, {"mac": "valid"})]
    secret = frame(sign_on_reply(tmk=bytes(range(64, 80))))
    (data, notes), = kept(secret)
    assert notes == {"mac": "unchecked", "masked": "62 64"}
    assert fields_of(data)[62] == bytes(40) + bytes.fromhex("DF0F03000000")


def test_keys_under_a_tmk_from_a_file_are_judged_by_and_not_kept():
    tmk = bytes(range(64, 80))
    known = {TERMINAL: Known(tmk, None, ("unionpay-ecb",))}
    (reply, notes), (_, after) = kept(frame(sign_on_reply(tmk=tmk)), frame(sale(TEST, mak=MAK)),
                                      known=known)
    assert (notes["mac"], after["mac"]) == ("valid", "valid")
    assert fields_of(reply)[62][:40] == bytes(40)


def test_a_wrong_check_value_leaves_the_keys_unknown():
    reply = bytearray(sign_on_reply())
    reply[reply.index(fields_of(frame(bytes(reply)))[62]) + 16] ^= 1
    (data, notes), = kept(frame(bytes(reply)))
    assert notes["mac"] == "unchecked" and fields_of(data)[62][:40] == bytes(40)


def with_pin(pan):
    return frame(sale(pan, f52=PinKey(PIK, Ciphers()).block("1234", pan), f26="12"))


def test_a_pin_block_stays_only_of_a_test_card_under_test_keys():
    test, real = with_pin(TEST), with_pin(REAL)
    before = kept(test)[0][0]
    assert fields_of(before)[52] == bytes(8)
    after = [data for data, _ in kept(frame(sign_on_reply()), test, real)]
    assert after[1] == test
    assert fields_of(after[2])[52] == bytes(8)


def test_reveal_shows_cards_but_no_pin_block_and_no_key():
    secret = frame(sign_on_reply(tmk=bytes(range(64, 80))))
    (reply, _), (data, notes) = kept(
        secret, frame(sale(REAL, f35=f"{REAL}=3012", f52=bytes(range(1, 9)))), reveal=True)
    fields = fields_of(data)
    assert (fields[2], fields[35], fields[52]) == (REAL, f"{REAL}=3012", bytes(8))
    assert notes["masked"] == "52 64"
    assert fields_of(reply)[62][:40] == bytes(40)
    (data, _), = kept(frame(sale(REAL)[:-1]), reveal=True)
    assert told_of(REAL, data) == 0


def test_a_token_under_the_published_key_stays_only_of_a_test_card():
    def inquiry(number):
        return frame(packet("0610", {3: "380000", 11: "000002", 12: "0" * 6, 13: "0316", 39: "00",
                                     60: "01000001", 62: tlv.pack(
                                         [("DF0D", token(samples.TOKEN_KEY, number))])}))
    tags = [tlv.unpack(fields_of(data)[62])["DF0D"] for data, _ in
            kept(inquiry(REAL), frame(sign_on_reply()), inquiry(REAL), inquiry(TEST))[::1]
            if 3 in fields_of(data)]
    assert tags == [token(samples.TOKEN_KEY, REAL), bytes(8), token(samples.TOKEN_KEY, TEST)]


def test_nothing_that_opens_a_master_key_stays():
    opening = tlv.pack([("DF15", "B0096" + "A" * 91), ("DF16", bytes(range(8))),
                        ("DF17", bytes(range(8, 16)))])
    (data, notes), = kept(frame(packet("0830", {11: "1" * 6, 12: "0" * 6, 13: "0316", 39: "00",
                                                60: "00000001401", 62: opening})))
    tags = tlv.unpack(fields_of(data)[62])
    assert (tags["DF15"], tags["DF16"], tags["DF17"]) == ("0" * 96, bytes(8), bytes(8))
    assert notes["masked"] == "62"


def test_order_numbers_and_notes_without_a_card_stay():
    words = tlv.pack([("DF01", "2026031600000001"), ("DF02", "龙井茶礼盒 2 件"), ("DF05", "0" * 12),
                      ("DF10", "621700*********0123")])
    whole = frame(packet("0600", {3: "380000", 11: "000002", 60: "01000001", 62: words}))
    assert kept(whole) == [(whole, {})]


@pytest.mark.parametrize("number, text", [
    (63, f"CUP {REAL[:9]}`{REAL[9:]}"), (63, f"{REAL[:4]}-{REAL[4:8]}--{REAL[8:]}"),
    (59, f"{REAL[:8]}u{REAL[9:]}")])
def test_a_number_in_a_text_is_one_though_a_character_of_it_is_damaged(number, text):
    (data, _), = kept(frame(sale(TEST, **{f"f{number}": text})))
    assert told_of(REAL, frame(sale(TEST, **{f"f{number}": text}))) > 0
    assert told_of(REAL, data) == 0


def test_texts_without_a_card_stay():
    texts = {"f44": f"{'09010000':11}{'09000000':11}", "f54": "1002156C000000012800", "f63": "CUP",
             "f43": f"{'TEL 0755 1234567':40}"}
    whole = frame(sale(TEST, **texts))
    assert kept(whole)[0][0] == whole


def test_totals_and_batch_entries_without_cards_stay():
    totals = "0" * 12 + "000" + "000000012800" + "001" + "0" + "0" * 30 + "1"
    for text in (totals, "0100000007" + "0" * 20 + "000000012800", "0001"):
        whole = frame(packet("0320", {11: "000009", 48: text, 60: "00000001201", 64: bytes(8)}))
        assert kept(whole)[0][0] == whole


def test_frames_made_anew_have_a_right_lrc():
    data = kept(frame(sale(REAL)))[0][0]
    assert data[-1] == lrc(data[1:-1])


def test_test_terminal_is_that_of_the_sample_shop():
    assert TMK == samples.tmk(TERMINAL)
