"""Tags of F62 and the digit groups of F60, F61 and DF0E; and the page that describes them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import subfields, tlv
from protocol.dialect.tags import REPEATED_TAG
from protocol.errors import LocalMisuse, WireFault
from protocol.reference import tables

PAGE = (Path(__file__).parents[2] / "protocol" / "README.md").read_text()

VALUES = {
    "n": lambda limit, fixed: st.text("0123456789", min_size=limit, max_size=limit),
    "b": lambda limit, fixed: st.binary(min_size=limit, max_size=limit),
    "a": lambda limit, fixed: st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0x7E),
        min_size=limit if fixed else 0, max_size=limit),
    "u": lambda limit, fixed: st.text(
        st.characters(min_codepoint=0x20, exclude_categories=("Cc", "Cs")),
        max_size=limit // 4),
}


@st.composite
def entries(draw):
    tags = draw(st.lists(st.sampled_from(sorted(tables.TAGS)), unique=True, max_size=8))
    return [(tag, draw(VALUES[kind](limit, fixed)))
            for tag in tags for _, kind, limit, fixed in [tables.TAGS[tag]]]


def unpacked_or_fault(data):
    try:
        return tlv.unpack(data)
    except WireFault as fault:
        assert 0 <= fault.at <= len(data) and fault.field.startswith("62.") and fault.reason
        return None


@settings(max_examples=100, deadline=None)
@given(entries())
def test_tags_come_back_as_they_went(given_entries):
    expected = {tag: [value] if tag == REPEATED_TAG else value
                for tag, value in given_entries}
    assert tlv.unpack(tlv.pack(given_entries)) == expected


@settings(max_examples=100, deadline=None)
@given(entries(), st.randoms(use_true_random=False))
def test_damaged_tags_are_refused_or_written_again_as_they_were(given_entries, rng):
    data = bytearray(tlv.pack(given_entries) + b"\xdf")
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    values = unpacked_or_fault(bytes(data))
    if values is not None:
        again = [(tag, each) for tag, value in values.items()
                 for each in (value if tag == REPEATED_TAG else [value])]
        assert tlv.pack(again) == data


def test_open_intents_repeat():
    intents = [subfields.open_intent(7, stan, "20260412", 100 * stan, "01") for stan in (1, 2)]
    values = tlv.unpack(tlv.pack([("DF0E", intent) for intent in intents]))
    assert values == {"DF0E": intents}
    assert subfields.split_open_intent(values["DF0E"][1]) == (7, 2, "20260412", 200, "01")


@pytest.mark.parametrize("field, at, reason, data", [
    ("62.DF99", 10, "the dialect defines no such tag", "DF990100"),
    ("62.DF", 13, "the dialect defines no such tag", "DF0100DF"),
    ("62.DF01", 12, "1 of 1 bytes are missing", "DF01"),
    ("62.DF01", 14, "4 of 5 bytes are missing", "DF010541"),
    ("62.DF01", 13, "length 33 bytes exceeds 32", "DF0121" + "41" * 33),
    ("62.DF01", 14, "not printable ASCII", "DF0102" "411B"),
    ("62.DF01", 14, "the tag comes twice", "DF010141" "DF010142"),
    ("62.DF02", 13, "not UTF-8", "DF0201FF"),
    ("62.DF02", 16, "a control character", "DF0204" "E88BB91B"),
    ("62.DF04", 13, "length is 5 bytes, not 6", "DF0405" "0000000001"),
    ("62.DF04", 18, "not a decimal digit", "DF0406" "00000000000A"),
])
def test_a_bad_tag_is_refused_with_its_path_and_byte(field, at, reason, data):
    with pytest.raises(WireFault) as refused:
        tlv.unpack(bytes.fromhex(data), 10)
    assert (refused.value.field, refused.value.at, refused.value.reason) == (field, at, reason)


@pytest.mark.parametrize("tag, value", [
    ("DF99", ""), ("DF03", "12"), ("DF03", "123"), ("DF03", "12ab"), ("DF03", 1), ("DF0B", "1"),
    ("DF0D", b"1"), ("DF0D", "12345678"), ("DF02", "苹" * 21), ("DF02", "\x1b@"), ("DF02", None),
])
def test_a_value_that_does_not_fit_its_tag_is_refused(tag, value):
    with pytest.raises(LocalMisuse) as refused:
        tlv.pack([(tag, value)])
    assert refused.value.field == "62." + tag


def test_digit_groups_are_built_and_split():
    assert subfields.f60("25", 12) == "25000012000"
    assert subfields.split_f60("25000012000") == ("25", 12, "000")
    assert subfields.split_f60("25000012") == ("25", 12, "")
    assert subfields.f61(3, 45, "0412") == "0000030000450412"
    assert subfields.split_f61("0000030000450412") == (3, 45, "0412")


@pytest.mark.parametrize("call", [
    lambda: subfields.f60("25", 1_000_000), lambda: subfields.f60("2", 1),
    lambda: subfields.f60("25", -1), lambda: subfields.f61(0, 0, "412"),
    lambda: subfields.open_intent(1, 1, "260412", 1, "01"),
])
def test_groups_that_do_not_fit_are_refused(call):
    with pytest.raises(LocalMisuse):
        call()


def test_groups_that_are_too_short_are_the_other_ends_fault():
    with pytest.raises(WireFault, match="^F60: "):
        subfields.split_f60("2500001", 50)
    with pytest.raises(WireFault, match="^F61: "):
        subfields.split_f61("00000300004504", 60)


def test_the_page_describes_every_field_message_tag_and_code():
    rows = [[cell.strip() for cell in line.split("|")[1:-1]]
            for line in PAGE.splitlines() if line.startswith("|")]
    named = {row[0].split(" ")[0]: row for row in rows}
    assert set(tables.TAGS) | set(tables.MESSAGES) <= set(named)
    for code, (_, final) in tables.CODES.items():
        assert [code, "held" if code == "09" else "yes" if final else "no"] in [
            [row[0], row[-1]] for row in rows]
    for number, (_, kind, prefix, limit, _) in tables.FIELDS.items():
        form = {"n": "digits", "z": "digits and `=`", "a": "ASCII", "b": "binary"}[kind]
        form = ["", "LL ", "LLL "][prefix] + form
        size = f"..{limit}" if prefix else str(limit)
        assert [str(number), form, size] in [
            [row[0], row[2].split(",")[0], row[3]] for row in rows if len(row) == 4]
    for name, row in tables.MESSAGES.items():
        assert [row[0], row[1] or "", row[2], row[6]] == [*named[name][1:4], named[name][-1]]
