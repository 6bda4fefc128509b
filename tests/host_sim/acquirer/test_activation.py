"""An activation code is good for one device and one day, whoever asks in whatever order."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from host_sim.acquirer import activation, samples, schema
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.server import Acquirer
from protocol import tlv
from protocol.activation import keys, unwrapped
from protocol.keys import kcv
from protocol.reference import codec
from protocol.subfields import f60
from tests.host_sim.acquirer.till import CIPHERS, Host, Till, code

NEW, CODE = "10000007", "7001382059147260"
WRONG = "7001" + "0" * 11 + "4"
OLD, OLD_CODE = "10000008", "8002461357904684"
KEY = samples.tmk(NEW)


class Device(Till):
    """A blank terminal; what it gets it takes, as the firmware does."""

    def __init__(self, host, nonce):
        super().__init__(host.acquirer, NEW)
        self.nonce = nonce

    def ask(self, typed=CODE):
        """F39; with 00 the TMK is opened, checked, and this terminal's own from now on."""
        key, proof = keys(typed, self.nonce)
        asked = [("DF1A", typed[:4]), ("DF16", self.nonce), ("DF17", proof)]
        fields = {11: "000001", 60: f60("00", 1, "401"), 62: tlv.pack(asked)}
        message = self.message("0820", fields)
        for number in (41, 42):
            message.fields.pop(number)
        reply = codec.decode(self.acquirer.answer(codec.encode(message), self.now))
        if code(reply) == "00":
            told = tlv.unpack(reply.fields[62])
            self.tmk = unwrapped(told["DF15"], key, CIPHERS)
            assert told["DF18"] == kcv(self.tmk, CIPHERS) and reply.fields[41] == NEW
            assert self.tmk == KEY
        else:
            assert 62 not in reply.fields and 64 not in reply.fields
        return code(reply)

    def prove(self):
        """A request under keys of its own."""
        self.sign_on()
        return code(self.inquire("20260001"))


@pytest.fixture
def device(host):
    return Device(host, b"device 1")


@pytest.fixture
def other(host):
    return Device(host, b"device 2")


def row(host, name=CODE[:4]):
    return host.ask(select(schema.activation).where(schema.activation.c.name == name))[0]


def test_the_same_device_may_ask_again_until_it_has_proved_its_keys_and_never_after(host, device):
    assert [device.ask(), device.ask()] == ["00", "00"]
    device.sign_on()
    assert device.ask() == "00"  # a sign-on alone proves nothing: it carries no MAC
    assert device.prove() == "00"
    assert [device.ask(), device.ask()] == ["94", "94"] and row(host).code == ""
    assert code(device.inquire("20260001")) == "00"


def test_the_first_device_that_knows_the_code_has_it_and_a_second_one_ends_it(host, device, other):
    assert device.ask() == "00"
    assert other.ask() == "94"
    assert row(host).code == ""  # two know it: it is nobody's any more
    assert device.ask() == "54"
    assert device.prove() == "00"  # what the first one has stays good


def test_a_stranger_who_does_not_know_the_code_takes_it_from_nobody(host, device, other):
    assert device.ask() == "00"
    assert [other.ask(WRONG) for _ in range(9)] == ["94"] * 9
    assert device.ask() == "00" and device.prove() == "00"


def test_after_the_first_has_proved_its_keys_another_device_gets_nothing(host, device, other):
    device.ask()
    device.prove()
    assert [other.ask(), other.ask(WRONG)] == ["94", "94"]
    assert code(device.inquire("20260001")) == "00"


def test_a_wiped_terminal_cannot_use_its_code_again(host, device):
    device.ask()
    device.prove()
    again = Device(host, b"a fresh1")
    assert again.ask() == "94"


def test_a_code_for_the_next_device_of_the_same_terminal_is_good_again(host, device):
    device.ask()
    device.prove()
    second = activation.check_digit("900312345678901")
    with host.engine.begin() as connection:
        activation.enter(connection, "900312345678901" + second, NEW, device.now)
    heir = Device(host, b"a fresh1")
    assert [heir.ask("900312345678901" + second) for _ in range(2)] == ["00", "00"]
    assert heir.prove() == "00" and heir.ask("900312345678901" + second) == "94"


def test_the_fifth_wrong_secret_ends_the_code_for_the_right_one_too(host, device, other):
    assert [other.ask(WRONG) for _ in range(4)] == ["55"] * 4
    assert row(host).code == CODE
    assert other.ask(WRONG) == "75" and row(host).code == ""
    assert [device.ask(), other.ask()] == ["75", "75"]


def test_four_wrong_secrets_and_then_the_right_one_is_good(device):
    assert [device.ask(WRONG) for _ in range(4)] == ["55"] * 4
    assert device.ask() == "00"


def test_a_code_is_good_for_a_day_to_the_second(host, device):
    device.now = row(host).entered_at + timedelta(hours=24, seconds=-1)
    assert device.ask() == "00"
    device.now += timedelta(seconds=1)
    assert device.ask() == "54" and row(host).code == ""
    device.now -= timedelta(hours=1)
    assert device.ask() == "54"  # a clock that is set back brings nothing back


def test_an_old_code_and_one_that_nobody_gave_out_are_refused(host, device):
    assert device.ask(OLD_CODE) == "54" and row(host, OLD_CODE[:4]).code == ""
    assert device.ask("1234567890123452") == "25"


def test_refusals_are_in_the_audit_without_the_secret(host, device, other):
    device.ask()
    other.ask()
    other.ask(WRONG)
    lines = [r.detail for r in host.ask(select(schema.audit)) if r.event == "activation refused"]
    assert lines == ["code 7001 94", "code 7001 94"]
    assert CODE[4:] not in str(host.dump()[schema.audit.name])


def crashed():
    """(host, device, whether the code is bound) after the host died at each point of the first
    request, one after the other."""
    host = Host()
    points = CrashPoints(host.engine)
    host.acquirer = Acquirer(points, Random(1))
    saved = schema.image(host.engine)
    device = Device(host, b"device 1")
    assert device.ask() == "00"
    for number in range(1, points.count + 1):
        schema.restore(host.engine, saved)
        points.at(number)
        with pytest.raises(HostCrash):
            device.ask()
        device.acquirer = host.acquirer = Acquirer(points, Random(number))
        yield host, device, bool(row(host).nonce)


def test_wherever_the_host_dies_the_device_that_asked_gets_its_key_when_it_asks_again():
    bound = []
    for _, device, had in crashed():
        bound.append(had)
        assert device.ask() == "00" and device.prove() == "00" and device.ask() == "94"
    assert len(bound) > 3 and bound == [False] * (len(bound) - 1) + [True]


def test_a_device_whose_reply_died_with_the_host_keeps_the_code_against_another():
    for host, device, had in crashed():
        assert Device(host, b"device 2").ask() == ("94" if had else "00")
        assert device.ask() == ("54" if had else "94")


def test_no_secret_and_no_key_of_an_activation_is_in_the_ledger_afterwards(host, device):
    device.ask()
    device.prove()
    device.ask()
    kept = repr(host.dump()) + repr([bytes(r.nonce) for r in host.ask(select(schema.activation))
                                     if r.nonce])
    assert CODE not in kept and KEY.hex() not in kept and repr(KEY) not in kept
