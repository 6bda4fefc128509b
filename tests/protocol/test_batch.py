"""F48 of settlement and batch upload: built, split, refused."""

import pytest

from protocol import batch
from protocol.errors import LocalMisuse, WireFault


def test_totals_are_debit_then_credit_domestic_then_foreign():
    request = batch.totals(12_800, 1, 3_000, 2)
    assert request == "000000012800" "001" "000000003000" "002" "0" + "0" * 31
    assert batch.split_totals(request) == (12_800, 1, 3_000, 2, 0)
    reply = batch.totals(12_800, 1, 3_000, 2, batch.NOT_EQUAL)
    assert reply[30] == "2" and reply[31:] == "0" * 30 + "1"
    assert batch.split_totals(reply) == (12_800, 1, 3_000, 2, 2)


def test_foreign_half_counts_too_and_the_worse_result_holds():
    half = batch.totals(5, 1, 7, 2, 1)[:31]
    assert batch.split_totals(half + half[:30] + "3") == (10, 2, 14, 4, 3)


def test_entries_are_eight_at_most_and_fill_the_field():
    pairs = [(stan, stan * 100) for stan in range(1, 9)]
    digits = batch.entries(pairs)
    assert len(digits) == 322 and batch.split_entries(digits) == pairs
    assert digits[:42] == "08" "00" "000001" + "0" * 20 + "000000000100"
    with pytest.raises(LocalMisuse):
        batch.entries([*pairs, (9, 900)])


def test_count_is_four_digits():
    assert batch.count(17) == "0017" and batch.split_count("0017") == 17


@pytest.mark.parametrize(
    "split, digits",
    [(batch.split_totals, "0" * 61), (batch.split_entries, "01" + "0" * 39),
     (batch.split_entries, ""), (batch.split_count, "017")],
)  # fmt: skip
def test_another_length_is_a_fault_of_f48(split, digits):
    with pytest.raises(WireFault) as fault:
        split(digits)
    assert fault.value.field == "48"


def test_what_does_not_fit_is_our_own_fault():
    for misuse in (lambda: batch.totals(0, 1000, 0, 0), lambda: batch.count(10_000)):
        with pytest.raises(LocalMisuse):
            misuse()
