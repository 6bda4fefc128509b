"""A voucher is printed again, marked, for what is approved and for nothing else."""

import pytest

from host_sim.acquirer import faults

SOLD_LAST_WEEK = "20260004"
SOLD_TODAY = "20260001"
HELD = "20260011"
MARK = "****重打印/DUPLICATED****"


@pytest.fixture
def till(terminal):
    terminal.log_in()
    return terminal


def done(till, order, part_fen=None):
    till.send(order, part_fen)
    till.sign_and_finish()


def copies(paper):
    """[lines] of each slip."""
    slips: list[list[str]] = []
    for line in paper:
        if "SALES SLIP" in line:
            slips.append([])
        if line.strip():
            slips[-1].append(" ".join(line.split()))
    return slips


def reprint_last(till, which="Both copies"):
    till.menu("Records", "Reprint last")
    till.wait("Voucher 000")
    till.press("ENTER")
    till.wait("1 Merchant")
    assert till.world.choose(which)


def from_details(till):
    till.menu("Records", "History")
    till.wait("Refund")
    till.press("ENTER")
    till.wait("Details")
    till.press("ENTER")
    till.wait("1 Reprint")
    till.press("1")


@pytest.mark.parametrize("order, part_fen", [(SOLD_LAST_WEEK, 1000), (SOLD_TODAY, None)])
def test_reprint_is_the_voucher_but_for_its_mark(till, order, part_fen):
    done(till, order, part_fen)
    first = copies(till.world.paper)
    before = [vars(r) for r in till.journal().finished()]
    reprint_last(till)
    till.wait("Printed again")
    till.press("ENTER")
    till.idle()
    again = copies(till.world.paper)[len(first) :]
    assert len(again) == len(first) == 2
    for slip, copy in zip(first, again, strict=True):
        assert MARK not in slip
        assert copy[2] == MARK and copy[:2] + copy[3:] == slip
    assert [vars(r) for r in till.journal().finished()] == before


@pytest.mark.parametrize("which, said", [("Merchant", "MERCHANT COPY"),
                                         ("Customer", "CUSTOMER COPY")])  # fmt: skip
def test_one_copy_alone_is_printed_again(till, which, said):
    done(till, SOLD_LAST_WEEK, 1000)
    reprint_last(till, which)
    till.wait("Printed again")
    again = copies(till.world.paper)[2:]
    assert [slip[1] for slip in again] == [said]


def test_last_voucher_is_the_last_that_stands(till):
    done(till, SOLD_LAST_WEEK, 1000)
    till.send(SOLD_LAST_WEEK, 2051)
    till.wait("Declined")
    till.press("ENTER")
    till.idle()
    till.menu("Records", "Reprint last")
    till.wait("Refund 10.00")
    till.press("CANCEL")
    till.wait("Cancelled")


def test_without_a_voucher_there_is_nothing_to_print_again(till):
    till.menu("Records", "Reprint last")
    till.wait("No voucher")
    till.press("ENTER")
    till.idle()
    assert till.world.paper == []


def test_what_was_declined_has_no_voucher(till):
    till.send(SOLD_LAST_WEEK, 1051)
    till.wait("Declined")
    till.press("ENTER")
    till.idle()
    from_details(till)
    till.wait("no voucher")
    till.press("ENTER")
    till.idle()
    assert till.world.paper == []


def test_what_waits_for_a_reviewer_has_none_yet(till):
    till.send(HELD, 1000)
    till.wait("A reviewer")
    till.press("ENTER")
    till.idle()
    from_details(till)
    till.wait("No result yet")
    assert till.world.paper == []


def test_without_paper_it_is_tried_again_or_left(till):
    done(till, SOLD_LAST_WEEK, 1000)
    printed = len(till.world.paper)
    till.world.device.printer.paper_out = True
    reprint_last(till)
    till.wait("No paper")
    till.press("CANCEL")
    till.wait("The record is")
    till.press("ENTER")
    till.idle()
    assert len(till.world.paper) == printed
    reprint_last(till)
    till.wait("No paper")
    till.world.device.printer.paper_out = False
    till.press("ENTER")
    till.wait("Printed again")
    again = copies(till.world.paper)[2:]
    assert [slip[2] for slip in again] == [MARK, MARK]


def test_paper_still_owed_is_printed_by_the_way_that_owes_it(till):
    till.world.device.printer.paper_out = True
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("No paper")
    till.press("CANCEL")
    till.wait("ENTER = result")
    till.world.device.printer.paper_out = False
    till.menu("Records", "Reprint last")
    till.wait("Voucher 000")
    till.press("ENTER")
    till.sign_and_finish()
    assert till.journal().open_records() == []
    assert [MARK in slip for slip in copies(till.world.paper)] == [True, True]


def test_unanswered_refund_has_no_voucher(till):
    till.faults.script(faults.DEAF, "0220", 1)
    till.faults.script(faults.DEAF, "0221", 9)
    till.send(SOLD_LAST_WEEK, 1000)
    till.wait("Asking again")
    till.press("CANCEL")
    till.wait("In progress")
    till.press("ENTER")
    till.wait("1 in progress")
    from_details(till)
    till.wait("No result yet")


def test_power_cut_in_a_reprint_leaves_nothing_owed(till):
    done(till, SOLD_LAST_WEEK, 1000)
    before = [vars(r) for r in till.journal().finished()]
    printed = len(till.world.paper)
    reprint_last(till)
    assert till.world.run_until(lambda: len(till.world.paper) > printed + 5, 60_000)
    till.world.power_off()
    till.log_in()
    assert "ENTER = result" not in " ".join(till.world.screen())
    assert MARK in [line.strip() for line in till.world.paper[printed:]]
    assert [vars(r) for r in till.journal().finished()] == before
