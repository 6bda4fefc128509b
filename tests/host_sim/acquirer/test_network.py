"""Sign-on, echo, and who is answered at all."""

from random import Random

import pytest

from host_sim.acquirer import samples, schema
from host_sim.acquirer.server import Acquirer
from protocol import tlv
from protocol.keys import behind_keys
from protocol.reference import codec
from protocol.reference.keys import in_bytes
from tests.host_sim.acquirer.till import Host, Till, code, exact_fields


def test_echo_needs_no_sign_on(host):
    reply = Till(host.acquirer).echo()
    assert code(reply) == "00"
    assert exact_fields("echo", reply)
    assert (reply.fields[12], reply.fields[13]) == ("120000", "0115")


def test_reply_turns_the_tpdu_round(host):
    till = Till(host.acquirer)
    message = till.message("0820", {60: "00000101301"})
    message.tpdu = "6012345678"
    assert till.send(message).tpdu == "6056781234"


def test_sign_on_tells_batch_last_stan_merchant_and_date(host):
    reply = Till(host.acquirer).sign_on()
    assert exact_fields("sign_on", reply)
    assert reply.fields[60] == f"00{samples.OPEN_BATCH:06d}003"
    told = tlv.unpack(behind_keys(reply.fields[62]))
    assert told == {"DF0F": "000002", "DF11": "退单测试店", "DF12": "20260115"}


@pytest.mark.parametrize("mode, mak_size, tdk", [("001", 8, 0), ("003", 16, 0), ("004", 16, 16)])
def test_sign_on_brings_keys_of_the_length_asked_for(host, mode, mak_size, tdk):
    till = Till(host.acquirer)
    keys = till.keys_in(till.sign_on(mode))
    assert [len(key or b"") for key in in_bytes(keys)] == [16, mak_size, tdk]
    assert code(till.inquire("20260001")) == "00"


@pytest.mark.parametrize("terminal_id", [samples.X919_TERMINAL, samples.CMAC_TERMINAL])
def test_each_terminal_has_its_own_mac(host, terminal_id):
    till = Till(host.acquirer, terminal_id)
    till.sign_on()
    assert code(till.inquire("20260001")) == "00"


def test_sign_on_for_a_single_length_mak_is_refused_where_the_mac_has_none(host):
    reply = Till(host.acquirer, samples.CMAC_TERMINAL).sign_on("001")
    assert code(reply) == "40"
    assert exact_fields("sign_on", reply)


def test_each_sign_on_brings_other_keys(host):
    till = Till(host.acquirer)
    one, other = (till.keys_in(till.sign_on()) for _ in range(2))
    assert not {*in_bytes(one)[:2]} & {*in_bytes(other)[:2]}


def test_keys_are_stored_only_as_they_went_out(host, till):
    keys = till.keys_in(till.sign_on())
    stored = b"".join(row.wrapped for row in host.ask(schema.key_set.select()))
    for key in (*in_bytes(keys)[:2], samples.tmk(till.terminal_id)):
        assert key not in stored


def test_lost_sign_ons_leave_the_old_keys_good(till):
    till.inquire("20260001")
    old = till.mac
    for _ in range(3):
        till.sign_on()
    newest, till.mac = till.mac, old
    assert code(till.inquire("20260001")) == "00"
    till.mac = newest
    assert code(till.inquire("20260001")) == "00"


def test_keys_are_good_until_the_terminal_has_proved_two_later_sets(till):
    old = till.mac
    answers = []
    for _ in range(4):
        newest, till.mac = till.mac, old
        answers.append(code(till.inquire("20260001")))
        till.mac = newest
        till.inquire("20260001")
        till.sign_on()
    assert answers == ["00", "00", "00", "A0"]


def test_sign_ons_by_a_stranger_leave_few_key_sets_and_the_good_one(host, till):
    till.inquire("20260001")
    for _ in range(20):
        Till(host.acquirer).sign_on()
    assert host.count(schema.key_set) <= 4
    assert code(till.inquire("20260001")) == "00"


def test_keys_under_a_master_key_that_was_replaced_verify_nothing_and_a_sign_on_brings_others(host):
    before = Till(host.acquirer)
    before.sign_on()
    assert code(before.inquire("20260001")) == "00"
    secrets = samples.SECRETS._replace(tmk_of=lambda _terminal: bytes(range(16)))
    host.acquirer = Acquirer(host.engine, Random(3), secrets=secrets)
    before.acquirer = host.acquirer
    assert code(before.inquire("20260001")) == "A0"
    before.tmk = bytes(range(16))
    before.sign_on()
    assert code(before.inquire("20260001")) == "00"


def test_terminal_that_is_not_enrolled_is_told_so_without_a_mac(host):
    till = Till(host.acquirer)
    till.terminal_id = "99999999"
    before = host.dump()
    reply = till.send(till.message("0800", {11: "000001", 60: "00000101003", 63: "01 "}))
    assert code(reply) == "97" and 64 not in reply.fields
    assert host.dump() == before
    assert host.acquirer.counters["not_enrolled"] == 1


def test_wrong_merchant_number_is_answered_03(till):
    till.merchant_id = samples.SMALL_SHOP
    assert code(till.inquire("20260001")) == "03"


def test_same_seed_and_messages_give_the_same_bytes():
    def run():
        host = Host(seed=7)
        till = Till(host.acquirer)
        signed_on = till.sign_on()
        refunded = till.refund(host.order("20260004"), 5000)
        return codec.encode(signed_on), codec.encode(refunded), host.dump()

    assert run() == run()
