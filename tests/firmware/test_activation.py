"""Enrolment and wiping under power cuts: a terminal is blank or activated, and nothing between."""

from random import Random

import pytest
from sqlalchemy import select, update

from host_sim.acquirer import faults, samples, schema
from host_sim.bench.flash import PICO_BYTES, TEARS
from tests.till import Till

NEW, CODE = "10000007", "7001382059147260"
SUPERVISOR = "246810"
KEY = samples.tmk(NEW)


def blank():
    till = Till(terminal=NEW, blank=True)
    till.world.power_on()
    return till


def ask(till, code=CODE):
    till.wait("ENTER: activate")
    till.press("ENTER")
    till.wait("16 digits")
    till.press(*code, "ENTER")


def confirm(till):
    till.wait("1/3")
    till.press("ENTER")
    till.wait("2/3")
    till.press("ENTER")
    till.wait("ENTER activates")
    till.press("ENTER")


def set_password(till):
    till.wait("supervisor's password")
    till.press("ENTER")
    till.wait("New password")
    till.press(*SUPERVISOR, "ENTER")
    till.wait("The new pa")
    till.press(*SUPERVISOR, "ENTER")
    till.wait("00")
    till.press("ENTER")


def activate(till):
    ask(till)
    confirm(till)
    set_password(till)
    till.wait("Keys renewed")
    till.wait("log in")


def row(till):
    with till.shop.engine.connect() as connection:
        found = select(schema.activation).where(schema.activation.c.name == CODE[:4])
        return connection.execute(found).one()


def state(till):
    """(key in the slot, terminal number in the parameters, mark of a wiping)."""
    terminal = till.world.device.terminal
    return terminal.board.tmk() is not None, terminal.params.terminal, terminal.board.wiping()


def log_in(till):
    till.press("ENTER")
    till.wait("Operator number")
    till.press("0", "0", "ENTER")
    till.wait("Password")
    till.press(*SUPERVISOR, "ENTER")
    till.idle()


def settle(till):
    """The supervisor's first request with a MAC."""
    till.menu("This till", "Settlement")
    till.wait("No transactions")
    till.press("ENTER")
    till.wait("ENTER settles")
    till.press("ENTER")
    till.wait("is settled")
    till.press("ENTER")
    till.idle()


def test_a_till_put_back_to_before_its_activation_cannot_use_its_code_once_it_has_proved_its_keys():
    till = blank()
    ask(till)
    till.wait("1/3")
    till.world.power_off()
    kept = till.world.device.flash.copy()
    till.world.power_on()
    till.wait("activate")
    activate(till)
    till.world.power_off()
    till.world.device.flash, first = kept.copy(), till.world.device.flash
    till.world.power_on()
    ask(till)
    till.wait("1/3")  # the same device, and nothing proved yet
    till.world.power_off()
    till.world.device.flash = first
    till.world.power_on()
    till.wait("log in")
    log_in(till)
    settle(till)
    assert state(till) == (True, NEW, False)
    assert till.sent("0820")[0].fields.get(41) is None
    till.world.power_off()
    till.world.device.flash = kept
    till.world.power_on()
    ask(till)
    till.wait("Another device")
    assert state(till) == (False, "", False) and row(till).code == ""


def test_a_wiped_till_needs_a_new_code():
    till = blank()
    activate(till)
    log_in(till)
    settle(till)
    begin_wiping(till)
    till.press("ENTER")
    till.wait("Host told")
    till.press("ENTER")
    ask(till)
    till.wait("Another device")
    assert state(till) == (False, "", False)


def test_another_device_with_the_same_code_is_refused():
    till = blank()
    ask(till)
    till.wait("1/3")
    till.world.power_off()
    with till.shop.engine.begin() as connection:
        connection.execute(update(schema.activation).values(nonce=b"othermac"))
    till.world.power_on()
    ask(till)
    till.wait("Another device")
    assert state(till) == (False, "", False) and row(till).code == ""


def test_the_code_ends_after_a_day():
    till = blank()
    till.world.run_for(24 * 3600 * 1000)
    ask(till)
    till.wait("Code has expired")


def test_a_damaged_key_block_is_not_taken(monkeypatch):
    keyring = type(blank().shop.acquirer._acquirer._keyring)
    honest = keyring.key_block
    monkeypatch.setattr(
        keyring, "key_block", lambda *a: (honest(*a)[0], honest(*a)[1][:-1] + "X")
    )
    till = blank()
    ask(till)
    till.wait("Key damaged, not")
    assert state(till) == (False, "", False)


def test_a_check_value_of_another_key_is_not_taken(monkeypatch):
    keyring = type(blank().shop.acquirer._acquirer._keyring)
    honest = keyring.key_block
    monkeypatch.setattr(keyring, "key_block", lambda *a: (bytes(16), honest(*a)[1]))
    till = blank()
    ask(till)
    till.wait("Key damaged, not")


@pytest.mark.parametrize("tear", TEARS)
def test_a_cut_anywhere_in_the_activation_leaves_it_blank_or_activated(tear):
    operation, seen = 0, set()
    while True:
        till = blank()
        ask(till)
        till.wait("1/3")
        till.press("ENTER")
        till.wait("2/3")
        till.press("ENTER")
        till.wait("ENTER activates")
        cuts = till.world.power_cuts
        till.world.device.flash.cut_at(operation, tear, Random(operation))
        till.press("ENTER")
        till.world.run_for(20_000)
        if till.world.power_cuts == cuts:
            break
        till.world.power_on()
        till.wait("activate")
        if till.world.device.terminal.params.enrolled():
            assert state(till) == (True, NEW, False)
            till.press("ENTER")
            seen.add("activated")
        else:
            assert till.world.device.terminal.params.terminal == ""
            seen.add("blank")
            ask(till)
            confirm(till)
        set_password(till)
        till.wait("Keys renewed")
        operation += 1
    assert seen == {"blank", "activated"} and operation > 2




@pytest.mark.parametrize("tear", TEARS)
def test_a_cut_anywhere_in_the_wiping_ends_blank_or_untouched(tear):
    made = blank()
    activate(made)
    log_in(made)
    made.world.power_off()
    kept = made.world.device.flash.copy()
    operation, seen = 0, set()
    while True:
        till = Till(terminal=NEW, blank=True)
        till.world.device.flash = kept.copy()
        till.world.power_on()
        till.wait("log in")
        log_in(till)
        cuts = till.world.power_cuts
        wipe_from(till, operation, tear)
        if till.world.power_cuts == cuts:
            break
        till.world.power_on()
        till.world.run_for(1_000)
        here = state(till)
        assert here in ((True, NEW, False), (False, "", False))
        seen.add(here[0])
        if not here[0]:
            assert till.world.device.terminal.storage.read("operators") is None
        if not here[0]:
            assert KEY not in till.world.device.flash.read(0, PICO_BYTES)
        operation += 3 if False in seen else 1
    assert state(till) == (False, "", False)
    assert seen == {True, False}


def begin_wiping(till):
    till.menu("Service", "Wipe till")
    till.wait("Wipe")
    while "this till:" not in " ".join(till.world.screen()):
        till.press("ENTER")
    till.press(*NEW)


def wipe_from(till, operation, tear):
    begin_wiping(till)
    till.world.device.flash.cut_at(operation, tear, Random(operation))
    till.press("ENTER")
    till.world.run_for(30_000)
    till.world.device.flash.cut_never()


def test_the_host_is_told_of_a_wiping_before_anything_goes():
    till = blank()
    activate(till)
    log_in(till)
    begin_wiping(till)
    before = till.world.device.flash.operations
    till.faults.script(faults.DELAY, "0820", delay_ms=5_000)
    till.press("ENTER")
    till.wait("Telling the host")
    assert state(till) == (True, NEW, False)
    till.wait("Host told")
    assert state(till) == (False, "", False) and till.world.device.flash.operations > before
    assert [m.fields[60][8:11] for m in till.sent("0820")] == ["401", "002"]


def test_where_the_host_does_not_hear_of_a_wiping_cancel_keeps_all_and_enter_wipes():
    till = blank()
    activate(till)
    log_in(till)
    for decides in ("CANCEL", "ENTER"):
        till.faults.script(faults.DEAF, "0820")
        begin_wiping(till)
        till.press("ENTER")
        till.wait("ENTER wipes")
        assert state(till) == (True, NEW, False)
        till.press(decides)
        till.wait("Nothing is" if decides == "CANCEL" else "told: call about")
        assert state(till) == ((True, NEW, False) if decides == "CANCEL" else (False, "", False))
        till.press("ENTER")
        till.wait("Ready" if decides == "CANCEL" else "Not activated")
    till.world.run_for(60_000)
    assert len(till.sent("0820")) == 3  # nothing is told behind


def test_a_till_whose_host_refuses_to_hear_is_not_said_to_have_told():
    till = blank()
    activate(till)
    log_in(till)
    with till.shop.engine.begin() as connection:
        connection.execute(update(schema.terminal).values(merchant_id="898110070110002"))
    begin_wiping(till)
    till.press("ENTER")
    till.wait("ENTER wipes")


def test_what_is_not_settled_is_named_and_confirmed_twice():
    till = Till()
    till.log_in()
    till.send("20260004", 1000)
    till.sign_and_finish()
    till.menu("Service", "Wipe till")
    till.wait("Supervisor")
    till.press(*"123456", "ENTER")
    till.wait("Wipe")
    while "this till:" not in " ".join(till.world.screen()):
        till.press("ENTER")
    till.press(*"10000001", "ENTER")
    till.wait("NOT SETTLED")
    till.press("CANCEL")
    till.wait("Cancelled")
    till.press("ENTER")
    till.idle()
    assert till.world.device.terminal.board.tmk() is not None
