"""A whole terminal and its host, with a liar on the line between them.

Whatever he says, the firmware does not crash, no money moves on his word, and once he is gone the
terminal does what it was asked to, once.
"""

import pytest
from hypothesis import given

from firmware import refund_state as states
from protocol import tlv
from protocol.keys import behind_keys
from protocol.reference.codec import decode
from tests.fuzz import mutants
from tests.fuzz.liar import Forger, Liar
from tests.fuzz.mutants import AS_FOUND, SILENCE, batches, enough_for
from tests.fuzz.recording import REFUNDED, VOIDED, echo_works, recorded, signed_on

LIES = 5 * mutants.BATCH * mutants.TIMES  # of each test
SEALED = ("0800", "0600", "0220 0221", "0200 0400")
RUNS = {"lies": 5 * LIES, "sealed": len(SEALED) * LIES // 4}
MINUTE_MS, HOURS_MS = 60_000, 6 * 3_600_000
RESTING = ("Ready", "Signed off")


def replies():
    return [reply for _, reply in recorded().exchanges]


def to_idle(till):
    """Whatever is on the screen, bring the terminal back to its resting screen."""
    for _ in range(40):
        for key in ("CANCEL", "ENTER"):
            if till.world.run_until(lambda: is_idle(till), 2_000):
                return
            till.press(key)
    raise AssertionError(f"not idle again: {till.world.screen()}")


def rows(till):
    """The four rows on the screen, from the trace: reading pixels takes longer than the rest."""
    return next(e.value.rows for e in reversed(till.world.trace) if e.kind == "screen")


def shown(till):
    return " ".join(rows(till))


def is_idle(till):
    return rows(till)[1].startswith(RESTING)


def said_before(till, index):
    """All that the terminal showed and printed before a place in the trace."""
    seen = [event for event in till.world.trace[:index] if event.kind in ("screen", "paper")]
    return " ".join(
        event.value if event.kind == "paper" else " ".join(event.value.rows) for event in seen
    )


def refusals(till):
    terminal = till.world.device.terminal
    return terminal.host.refused + sum(terminal.link.counters.values())


def test_lies_about_a_refund_never_approve_it_and_the_truth_does_once():
    ran = 0

    @enough_for(LIES, AS_FOUND)
    @given(batches(mutants.edits(replies())))
    def throw(edits):
        nonlocal ran
        till = signed_on()
        before = refusals(till)
        liar = Liar(till, ("0220", "0221"), edits)
        till.send(*REFUNDED)
        assert till.world.run_until(lambda: liar.truth_at is not None, HOURS_MS)
        assert "pproved" not in said_before(till, liar.truth_at) and not till.world.paper
        assert refusals(till) > before
        assert [record.state for record in till.journal().open_records()] == [states.SENT]
        to_idle(till)
        till.press("ENTER")
        till.sign_and_finish()
        assert till.journal().open_records() == []
        assert [record.state for record in till.journal().finished()] == [states.APPROVED]
        assert till.given_back_fen(REFUNDED[0]) == REFUNDED[1]
        assert echo_works(till)
        ran += liar.told

    throw()
    assert ran >= LIES


def test_lies_about_a_void_and_its_reversal_leave_no_credit():
    ran = 0

    @enough_for(LIES, AS_FOUND)
    @given(batches(mutants.edits(replies())))
    def throw(edits):
        nonlocal ran
        till = signed_on()
        liar = Liar(till, ("0200", "0400"), edits)
        till.send(VOIDED)
        assert till.world.run_until(lambda: liar.truth_at is not None, HOURS_MS)
        assert "pproved" not in said_before(till, liar.truth_at) and not till.world.paper
        assert [record.state for record in till.journal().open_records()] == [states.REVERSING]
        till.world.run_for(MINUTE_MS)
        to_idle(till)
        if till.journal().open_records():  # it ended behind the operator's back
            till.press("ENTER")
            till.wait("Not refunded")
            to_idle(till)
        assert [record.state for record in till.journal().finished()] == [states.ANNULLED]
        assert till.journal().open_records() == [] and not till.world.paper
        assert till.given_back_fen(VOIDED) == 0
        assert echo_works(till)
        ran += liar.told

    throw()
    assert ran >= LIES


def test_lies_about_an_order_show_no_order_and_send_nothing():
    ran = 0

    @enough_for(LIES, AS_FOUND)
    @given(batches(mutants.edits(replies())))
    def throw(edits):
        nonlocal ran
        till = signed_on()
        liar = Liar(till, ("0600",), edits)
        while liar.has_more:
            ask_for_order(till)
            assert till.world.run_until(lambda: "Asking" not in shown(till), 2 * MINUTE_MS)
            if liar.truth_at is None:
                assert "Check order" not in shown(till)
            to_idle(till)
        ask_for_order(till)
        till.wait("Check order")
        to_idle(till)
        assert till.journal().open_records() == [] and not till.sent("0220")
        assert echo_works(till)
        ran += liar.told

    throw()
    assert ran >= LIES


def test_lies_about_a_sign_on_change_no_key():
    ran = 0

    @enough_for(LIES, AS_FOUND)
    @given(batches(mutants.edits(replies())))
    def throw(edits):
        nonlocal ran
        till = signed_on()
        keys = till.world.device.terminal.keys
        liar = Liar(till, ("0800",), edits)
        while liar.has_more:
            till.menu("This till", "Sign on")
            to_idle(till)
            assert liar.truth_at is not None or keys.key_id == 1
        till.menu("This till", "Sign on")
        till.wait("Keys renewed")
        to_idle(till)
        assert keys.key_id > 1
        ask_for_order(till)
        till.wait("Check order")
        ran += liar.told

    throw()
    assert ran >= LIES


def test_noise_at_an_idle_terminal_changes_nothing_that_is_seen():
    ran = 0

    @enough_for(LIES, AS_FOUND)
    @given(batches(mutants.pieces(replies())))
    def throw(stream):
        nonlocal ran
        till = signed_on()
        world, before_it, sent = till.world, till.world.screen(), till.world.packets("out")
        before = refusals(till)
        for piece in stream:
            if piece is not SILENCE:
                world.wire.to_terminal.send(piece, world.now_ms)
            world.run_for(600 if piece is SILENCE else 100)
        assert world.screen() == before_it and world.packets("out") == sent and not world.paper
        assert refusals(till) > before
        assert till.journal().open_records() == []
        world.run_for(600)
        assert echo_works(till)
        ran += len(stream)

    throw()
    assert ran >= LIES


@pytest.mark.parametrize("mtis", [mtis.split() for mtis in SEALED])
def test_well_sealed_nonsense_brings_the_terminal_back_to_idle(mtis):
    ran = 0

    @enough_for(LIES // 4, AS_FOUND)
    @given(batches(mutants.message_edits(replies())))
    def throw(edits):
        nonlocal ran
        till = signed_on()
        forger = Forger(till, mtis, edits)
        while forger.has_more:
            if "0800" in mtis:
                till.menu("This till", "Sign on")
            else:
                push_through(till, VOIDED if "0200" in mtis else REFUNDED[0])
            to_idle(till)
            till.world.run_for(2 * MINUTE_MS)  # what is open goes on and hears more of it
        to_idle(till)
        till.menu("This till", "Line test")
        till.wait("Host answered")
        ran += forger.told

    throw()
    assert ran >= LIES // 4


STRANGE = [
    ("0800", {60: "00"}, {}),
    ("0800", {60: "0000000000301"}, {"DF0F": "999999"}),
    ("0800", {12: "999999"}, {}),
    ("0800", {}, {"DF12": "99999999"}),
    ("0800", {}, {"DF12": "20261301", "DF11": "\U0001f4b0{0}%s" + "x" * 29}),
    ("0600", {}, {"DF04": "9" * 12}),
    ("0600", {}, {"DF04": "000001000000", "DF05": "9" * 12}),
    ("0600", {}, {"DF03": "0000", "DF02": "\U0001f4b0{order}%d" + "x" * 43}),
    ("0600", {}, {"DF01": "{" * 32, "DF10": "}" * 19, "DF0B": "{terms}%"}),
    ("0600", {37: " " * 12, 61: "9" * 29}, {}),
    ("0220", {39: "00", 12: "999999", 13: "9999", 37: "{0}" + " " * 9, 44: "%" * 25}, {}),
    ("0220", {39: "{}"}, {}),
]


@pytest.mark.parametrize(("mti", "fields", "tags"), STRANGE)
def test_strange_values_under_a_right_mac_bring_the_terminal_back_to_idle(mti, fields, tags):
    def edit(packet):
        message = decode(packet)
        message.fields |= fields
        if tags:
            f62 = message.fields[62]
            at = len(f62) - len(behind_keys(f62)) if mti == "0800" else 0
            told = tlv.unpack(f62[at:]) | tags
            message.fields[62] = f62[:at] + tlv.pack(list(told.items()))
        return message

    till = signed_on()
    forger = Forger(till, (mti,), [edit])
    if mti == "0800":
        till.menu("This till", "Sign on")
    else:
        push_through(till, REFUNDED[0])
    to_idle(till)
    assert forger.told == 1
    today, _ = till.world.device.terminal.date_and_time()
    assert today == f"{till.world.now():%Y%m%d}"
    assert echo_works(till)


ANSWERS = {
    "Reason": ("1",),
    "Amount": ("1",),
    "Supervisor": (*"123456", "ENTER"),
    "Sending": (),
    "No answer": (),
}


def push_through(till, order):
    """Ask for a refund and say yes to whatever comes, until the terminal rests again."""
    till.press("1")
    for _ in range(40):
        title = rows(till)[0]
        if is_idle(till):
            return
        if "Order number" in shown(till):
            till.press(*order, "ENTER")
        else:
            keys = next((keys for text, keys in ANSWERS.items() if text in title), ("ENTER",))
            till.press(*keys)
        till.world.run_for(1_000)


def ask_for_order(till):
    """From idle to the order inquiry, as far as the line allows."""
    till.press("1")
    if till.world.run_until(lambda: "Reason" in shown(till), MINUTE_MS):
        till.press("1")
        till.wait("Order number")
        till.press(*REFUNDED[0], "ENTER")
