"""Which messages pass: every row of the table both ways, and the rules of wire.md by hand."""

import pytest

from protocol.ending import is_final
from protocol.errors import LocalMisuse, WireFault
from protocol.iso8583 import Message, decode, encode
from protocol.mac import Mac
from protocol.reference.ciphers import Ciphers
from protocol.reference.incoming import check_request, reply_to
from protocol.reference.tables import CODES, FIELDS, MESSAGES
from protocol.sealing import seal
from protocol.session import (
    check_mac,
    check_reply,
    reply_fields,
    reply_mti,
    transaction,
)

MAC = Mac("unionpay-ecb", bytes(range(16)), Ciphers())
OTHER_MAC = Mac("unionpay-ecb", bytes(16), Ciphers())

names = pytest.mark.parametrize("name", MESSAGES)


def value(number):
    """Something that field may hold."""
    _, kind, width, limit, _ = FIELDS[number]
    size = min(limit, 8) if width else limit
    return bytes(size) if kind == "b" else "1" * size


def filled(numbers, **given):
    return {n: value(n) for n in numbers} | {int(n[1:]): v for n, v in given.items()}


def request(name, but=(), also=()):
    """A complete request of that name, without the fields `but`, with the fields `also`."""
    mti, f3, kind, networks, mandatory, *_ = MESSAGES[name]
    fields = filled({*mandatory, *also} - set(but))
    if f3 is not None and 3 not in but:
        fields[3] = f3
    if 60 not in but:
        fields[60] = kind + "000007" + (networks[0] if networks else "000")
    return Message("6000010002", "603100311001", mti, fields)


def answer(asked, code="00", but=(), also=(), mac=MAC, **given):
    """The complete reply with that code, as (reply, packet)."""
    numbers = {*reply_fields(transaction(asked), code, asked.fields), *also} - set(but)
    fields = filled(numbers, f39=code)
    for n in (3, 4, 11, 41, 42):
        if n in fields and n in asked.fields:
            fields[n] = asked.fields[n]
    fields.update({int(n[1:]): v for n, v in given.items()})
    for n in but:
        fields.pop(n, None)
    reply = reply_to(asked, fields)
    packet = seal(reply, mac) if 64 in fields else encode(reply)
    return decode(packet), packet


def check(asked, reply_and_packet, mac=MAC):
    reply, packet = reply_and_packet
    return check_reply(asked, reply, packet, mac)


def refused(call, *args, **kwargs):
    with pytest.raises(WireFault) as fault:
        call(*args, **kwargs)
    assert fault.value.reason
    return fault.value


# requests


@names
def test_complete_request_is_known_by_its_name(name):
    assert check_request(request(name)) == name
    assert check_request(request(name, also=MESSAGES[name][5])) == name


@names
def test_request_without_a_mandatory_field_is_refused_at_that_field(name):
    for number in MESSAGES[name][4]:
        fault = refused(check_request, request(name, but=[number]))
        assert fault.field == str(number)
        assert number == 3 or fault.at == 13


@names
def test_request_with_a_field_that_it_does_not_carry_is_refused_where_that_field_lies(name):
    extra = next(n for n in (54, 48, 46) if n not in MESSAGES[name][4])
    message = request(name, also=[extra])
    fault = refused(check_request, message)
    assert fault.field == str(extra)
    before = {n: v for n, v in message.fields.items() if n < extra}
    message.fields = before
    assert fault.at == len(encode(message))


@pytest.mark.parametrize(
    ("name", "field", "wrong", "path"),
    [
        ("refund", 3, "210000", "3"),
        ("refund", 60, "22000007000", "60.1"),
        ("sale", 60, "23000007000", "60.1"),
        ("order_inquiry", 60, "00000007000", "60.1"),
        ("echo", 60, "00000007302", "60.3"),
        ("sign_on", 60, "00000007", "60.3"),
        ("batch_end", 60, "00000007203", "60.3"),
    ],
)
def test_code_that_belongs_to_no_message_is_refused_at_its_subfield(name, field, wrong, path):
    message = request(name)
    message.fields[field] = wrong
    assert refused(check_request, message).field == path


def test_message_that_is_no_request_is_refused_at_the_mti():
    for mti in ("0230", "0100", "0222", "9999"):
        fault = refused(check_request, Message("6000010002", "603100311001", mti, {}))
        assert (fault.field, fault.at) == ("mti", 11)


def test_what_is_sent_again_carries_no_card_data():
    for name in ("refund_repeat", "cancel", "cancel_repeat", "sale_reversal", "void_reversal"):
        for number in (2, 14, 26, 35, 36, 52, 55):
            assert refused(check_request, request(name, also=[number])).field == str(number)


def test_only_network_messages_go_without_a_mac():
    without = {name for name in MESSAGES if 64 not in MESSAGES[name][4]}
    assert without == {"activate", "sign_on", "sign_off", "echo"}
    for name in without:
        assert refused(check_request, request(name, also=[64])).field == "64"


# replies


@names
@pytest.mark.parametrize("code", ["00", "09", "51", "96", "XX"])
def test_complete_reply_passes_and_each_missing_field_is_named(name, code):
    asked = request(name)
    check(asked, answer(asked, code))
    for number in reply_fields(name, code, asked.fields):
        assert refused(check, asked, answer(asked, code, but=[number])).field == str(number)


def test_refund_reply_lists_by_hand():
    sale = {3, 4, 11, 12, 13, 15, 25, 32, 37, 39, 41, 42, 44, 49, 53, 60, 63, 64}
    card = {2: "6" * 16, 14: "2912"}
    assert set(reply_fields("sale", "00", {})) == sale | {38}
    assert set(reply_fields("sale", "09", {})) == sale
    assert set(reply_fields("refund", "00", {})) == sale
    assert set(reply_fields("refund", "00", card)) == sale | {2, 14}
    assert set(reply_fields("refund", "51", card)) == {11, 12, 13, 39, 41, 42, 60, 64}
    cancelled = {3, 4, 11, 12, 13, 39, 41, 42, 49, 60, 64}
    assert set(reply_fields("cancel", "00", card)) == cancelled


def test_network_reply_lists_by_hand():
    told = {11, 12, 13, 39, 41, 42, 60}
    assert set(reply_fields("sign_on", "00", {})) == told | {32, 37, 62, 64}
    assert set(reply_fields("sign_on", "97", {})) == told
    assert set(reply_fields("echo", "00", {})) == told - {11}
    assert set(reply_fields("echo", "96", {})) == told - {11}


@names
def test_reply_of_another_type_is_refused_at_the_mti(name):
    asked = request(name)
    reply, packet = answer(asked)
    reply.mti = "0110"
    assert refused(check_reply, asked, reply, packet, MAC).field == "mti"


@pytest.mark.parametrize(
    ("request_mti", "expected"),
    [("0200", "0210"), ("0220", "0230"), ("0221", "0230"), ("0421", "0430"), ("0800", "0810")],
)
def test_reply_mti_is_the_requests_with_its_last_digit_zero_plus_ten(request_mti, expected):
    assert reply_mti(request_mti) == expected


@pytest.mark.parametrize("number", [3, 4, 11, 41, 42])
def test_reply_whose_identity_differs_from_the_request_is_refused_even_with_a_right_mac(number):
    asked = request("refund")
    other = {f"f{number}": "2" * len(asked.fields[number])}
    assert refused(check, asked, answer(asked, **other)).field == str(number)


@names
@pytest.mark.parametrize("code", ["00", "09", "51", "A0", "77"])
def test_reply_with_a_wrong_mac_is_refused_at_64_whatever_its_code(name, code):
    asked = request(name)
    fault = refused(check, asked, answer(asked, code, also=[64], mac=OTHER_MAC))
    assert fault.field == "64"
    assert refused(check, asked, answer(asked, code, also=[64]), mac=None).field == "64"


@names
@pytest.mark.parametrize("code", ["A0", "77"])
def test_a0_and_77_may_come_without_a_mac(name, code):
    asked = request(name)
    check(asked, answer(asked, code, but=[64]), mac=None)
    check(asked, answer(asked, code, but=[64]))


def test_sign_on_needs_a_mac_with_00_only():
    asked = request("sign_on")
    assert refused(check, asked, answer(asked, but=[64])).field == "64"
    check(asked, answer(asked, "97"), mac=None)


def test_reply_without_a_code_is_refused_at_39():
    asked = request("refund")
    assert refused(check, asked, answer(asked, but=[39])).field == "39"


def test_any_changed_bit_of_a_sealed_reply_is_refused():
    asked = request("cancel")
    _, packet = answer(asked)
    for at in range(11, len(packet)):
        damaged = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]
        try:
            reply = decode(damaged)
        except WireFault:
            continue
        refused(check_reply, asked, reply, damaged, MAC)


def test_reply_goes_back_where_the_request_came_from():
    reply = reply_to(Message("6012345678", "603100311001", "0421", {}), {39: "00"})
    assert (reply.tpdu, reply.header, reply.mti) == ("6056781234", "603100311001", "0430")


# sealing


@names
def test_seal_sets_f64_exactly_where_the_table_puts_it(name):
    message = request(name, but=[64])
    packet = seal(message, MAC)
    assert decode(packet) == message
    assert (64 in message.fields) == (64 in MESSAGES[name][4])
    if 64 in message.fields:
        check_mac(packet, MAC)
        assert refused(check_mac, packet, OTHER_MAC).at == len(packet) - 8


def test_seal_fills_the_place_that_the_fields_hold():
    message = request("refund")
    assert message.fields[64] == bytes(8)
    check_mac(seal(message, MAC), MAC)


@pytest.mark.parametrize(("name", "code"), [("refund", "00"), ("refund", "51"), ("sign_on", "00")])
def test_seal_refuses_to_leave_out_a_mac_that_must_be_there(name, code):
    asked = request(name)
    with pytest.raises(LocalMisuse):
        seal(request("refund", but=[64]), None)
    with pytest.raises(LocalMisuse):
        seal(reply_to(asked, {39: code}), None)


@pytest.mark.parametrize(
    ("name", "code"), [("refund", "A0"), ("refund", "77"), ("sign_on", "97"), ("echo", "00")]
)
def test_seal_without_a_key_leaves_out_what_may_be_left_out(name, code):
    reply = reply_to(request(name), {39: code})
    assert decode(seal(reply, None)) == reply


def test_rows_of_one_mti_agree_on_whether_there_is_a_mac():
    for request_side, list_at in ((0, 4), (6, 7), (6, 8)):
        seen = {}
        for row in MESSAGES.values():
            assert seen.setdefault(row[request_side], 64 in row[list_at]) == (64 in row[list_at])


# final or not


def test_codes_that_leave_a_refund_open_are_those_of_the_protocol():
    not_final = {code for code in CODES if not is_final("refund", code)}
    assert not_final == {"09", "68", "77", "90", "91", "92", "96", "98", "A0"}
    for unknown in ("ZZ", "0", "", None):
        assert not is_final("refund", unknown)
    assert not_final == {code for code in CODES if not is_final("void", code)}


@pytest.mark.parametrize(
    ("name", "final"),
    [
        ("cancel", {"00", "12"}),
        ("cancel_repeat", {"00", "12"}),
        ("sale_reversal", {"00", "12", "25"}),
        ("void_reversal", {"00", "12", "25"}),
    ],
)
def test_codes_that_end_a_cancel_or_a_reversal(name, final):
    assert {code for code in CODES if is_final(name, code)} == final
    assert not is_final(name, None)
