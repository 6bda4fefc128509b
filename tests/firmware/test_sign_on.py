"""Sign-on when the line is late, the keys are strange or the batch is empty: what it may change."""

from sqlalchemy import update

from firmware.flows.menu import MENUS
from firmware.text.texts import Texts
from host_sim.acquirer import faults, schema
from host_sim.world import pico_board, prepare_flash
from tests.till import Till

SOLD_LAST_WEEK = "20260004"
ANOTHER_TMK = bytes(range(16))


def logged_in():
    till = Till()
    till.log_in()
    return till


def ask_for_order(till):
    till.press("1")
    till.wait("Reason")
    till.press("1")
    till.wait("Order number")
    till.press(*SOLD_LAST_WEEK, "ENTER")


def test_reply_to_an_earlier_sign_on_that_comes_late_does_not_spoil_the_next_one():
    till = logged_in()
    till.faults.script(faults.DELAY, "0800", delay_ms=61_000)
    till.menu("This till", "Sign on")
    till.wait("No sign-on")
    till.press("ENTER")
    till.wait("Signed off")
    till.menu("This till", "Sign on")
    till.wait("Keys renewed")
    till.idle()
    ask_for_order(till)
    till.wait("Check order")


def test_late_reply_to_another_request_is_not_taken_for_a_sign_ons_keys():
    till = logged_in()
    till.faults.script(faults.DELAY, "0600", delay_ms=4_000)
    ask_for_order(till)
    till.wait("Asking")
    till.press("CANCEL")
    till.wait("Nothing was sent")
    till.press("ENTER")
    till.idle()
    till.faults.script(faults.DELAY, "0800", delay_ms=8_000)
    till.menu("This till", "Sign on")
    till.wait("Keys renewed")


def test_keys_under_another_master_key_are_no_keys_and_the_terminal_starts_all_the_same():
    till = logged_in()
    till.world.power_off()
    flash = till.world.device.flash
    prepare_flash(flash, lambda board: board.store_tmk(ANOTHER_TMK), pico_board)
    till.world.power_on()
    till.wait("log in")
    typed_in(till)
    till.wait("Key check value wrong")


def test_without_keys_every_procedure_of_every_menu_is_left_by_cancel_and_nothing_breaks():
    """A till whose first sign-on got no answer, and gets none."""
    till = Till()
    till.world.wire.cut()
    never_signed_on(till)
    for entry in procedures("main"):
        till.menu(*entry)
        for _ in range(12):
            till.world.run_for(60_000)
            if "Signed off" in shown(till):
                break
            till.press("CANCEL")
        if "Signed off" not in shown(till):  # he logged off
            log_in_off_line(till)
    assert till.sent("0200") + till.sent("0220") + till.sent("0600") == []


def test_voucher_from_the_office_is_asked_for_behind_a_sign_on():
    till = Till()
    till.world.wire.cut()
    never_signed_on(till)
    till.world.wire.cut(False)
    till.menu("Records", "From office")
    till.wait("sent no voucher")
    till.press("ENTER")
    till.idle()


def test_status_of_a_refund_is_asked_for_behind_a_sign_on_where_the_keys_were_lost():
    till = logged_in()
    till.send(SOLD_LAST_WEEK, 1000)
    till.sign_and_finish()
    till.world.power_off()
    prepare_flash(
        till.world.device.flash,
        lambda board: board.store_tmk(ANOTHER_TMK), pico_board,
    )  # fmt: skip
    till.world.wire.cut()
    never_signed_on(till)
    till.menu("Records", "Refund status")
    till.wait("Voucher number")
    till.press("ENTER")
    till.wait("No sign-on")


def never_signed_on(till):
    till.world.power_on()
    till.wait("log in")
    log_in_off_line(till)


def typed_in(till):
    till.press("ENTER")
    till.wait("Operator number")
    till.press("0", "1", "ENTER")
    till.wait("Password")
    till.press(*"0000", "ENTER")


def log_in_off_line(till):
    typed_in(till)
    till.wait("No sign-on")
    till.press("ENTER")
    till.wait("Signed off")


def procedures(menu, *above):
    """What is chosen, one after the other, to come to each of them but the one that takes the
    English words away."""
    for text_id, leads_to in MENUS[menu][2]:
        way = (*above, Texts("en")[text_id])
        if leads_to in MENUS:
            yield from procedures(leads_to, *way)
        elif text_id != "menu.language":
            yield way


def shown(till):
    return " ".join(till.world.screen())


def test_refund_left_open_goes_on_after_its_keys_were_lost():
    till = logged_in()
    till.faults.script(faults.DEAF, "0220")
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Sending")
    till.world.power_off()
    prepare_flash(
        till.world.device.flash,
        lambda board: board.store_tmk(ANOTHER_TMK), pico_board,
    )  # fmt: skip
    keyring = till.shop.acquirer._acquirer._keyring
    keyring._secrets = keyring._secrets._replace(tmk_of=lambda _terminal: ANOTHER_TMK)
    keyring._macs.clear()
    till.world.power_on()
    till.world.run_for(120_000)
    assert till.given_back_fen(SOLD_LAST_WEEK) == 1000


def test_empty_batch_does_not_turn_the_stan_back():
    till = logged_in()
    till.world.device.terminal.counters.adopt(101, 400_000)
    till.world.device.terminal.counters.adopt(101, 800_000)
    with till.shop.engine.begin() as connection:
        connection.execute(update(schema.terminal).values(batch=102))
    till.menu("This till", "Sign on")
    till.wait("Keys renewed")
    till.idle()
    till.send(SOLD_LAST_WEEK, 1000)
    till.sign_and_finish()
    sent = till.sent("0220")[0].fields
    assert (sent[60][2:8], sent[11]) == ("000102", "800003")


def test_what_asks_to_sign_on_under_a_wrong_mac_is_not_heard():
    till = logged_in()
    till.faults.script(faults.ASK_SIGN_ON, "0600")
    till.faults.script(faults.BAD_MAC, "0600")
    ask_for_order(till)
    till.wait("MAC")
    till.press("ENTER")
    till.idle()
    till.world.run_for(60_000)
    assert len(till.sent("0800")) == 1 and till.faults.happened[faults.ASK_SIGN_ON] == 1


def test_a_host_that_asks_in_every_reply_gets_one_sign_on_for_each():
    till = logged_in()
    till.faults.script(faults.ASK_SIGN_ON, faults.ANY, times=None)
    till.menu("This till", "Line test")
    till.wait("Keys renewed")
    till.idle()
    till.world.run_for(60_000)
    assert len(till.sent("0800")) == 2


def test_asked_while_a_refund_runs_signs_on_behind_it_and_refunds_under_the_old_keys():
    till = logged_in()
    till.faults.script(faults.ASK_SIGN_ON, "0600")
    till.faults.script(faults.ASK_SIGN_ON, "0220")
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Signature")
    assert len(till.sent("0800")) == 1
    till.press("ENTER")
    till.wait("Vouchers printed")
    till.press("ENTER")
    till.wait("Keys renewed")
    till.idle()
    assert len(till.sent("0800")) == 2 and till.given_back_fen(SOLD_LAST_WEEK) == 1000
