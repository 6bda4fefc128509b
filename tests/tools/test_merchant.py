"""`tuidan merchant`: money put in while the acquirer runs, and what a statement says."""

import csv
import io
import json
from datetime import date, datetime
from random import Random

import pytest
from sqlalchemy import select

from host_sim.acquirer import ledger, merchants, samples, schema
from host_sim.acquirer.money import fen, yuan
from host_sim.acquirer.server import Acquirer
from tests.host_sim.acquirer.till import TODAY, Till
from tests.host_sim.acquirer.till import Host as Books
from tools.cli import main

SHOP = samples.SMALL_SHOP


@pytest.fixture
def books(tmp_path):
    """The samples in a file, as an acquirer has them open."""
    return Books(str(tmp_path / "ledger.db"))


def merchant(books, *arguments):
    path = books.engine.url.database
    return main(["merchant", *arguments, "--ledger", path, "--merchant", SHOP])


def till_of(books):
    till = Till(books.acquirer, samples.SMALL_SHOP_TERMINAL)
    till.sign_on()
    return till


def bicycle(books):
    return books.order("20260101", SHOP)


def test_top_up_cures_51_while_the_acquirer_runs(books, capsys):
    till = till_of(books)
    assert till.refund(bicycle(books), 90_000).fields[39] == "51"
    assert merchant(books, "top-up", "--amount", "850.00") == 0
    assert capsys.readouterr().out.endswith(": 900.00 yuan\n")
    assert till.refund(bicycle(books), 90_000).fields[39] == "00"
    assert merchant(books, "balance", "--json") == 0
    assert json.loads(capsys.readouterr().out)["balance_fen"] == 0
    with books.engine.begin() as connection:
        notes = connection.execute(select(schema.audit.c.event, schema.audit.c.detail)).all()
        moved = connection.execute(select(schema.posting).order_by(schema.posting.c.id)).all()
    assert ("top-up", f"merchant {SHOP}: 850.00 yuan") in [tuple(row) for row in notes]
    credited = [row for row in moved if row.credit == ledger.merchant_account(SHOP)][-1]
    assert (credited.debit, credited.amount_fen) == (ledger.SETTLEMENT, 85_000)


def test_ledger_used_by_both_is_not_taken_for_one_that_was_put_back(books):
    assert merchant(books, "top-up", "--amount", "1") == 0
    till_of(books)
    assert merchant(books, "top-up", "--amount", "1") == 0
    engine = schema.open_engine(books.engine.url.database)
    with engine.begin() as connection:
        assert merchants.balance_fen(connection, SHOP) == 5_200
    Acquirer(engine, Random(2))


def test_statement_adds_up_from_opening_to_closing(books, capsys):
    till = till_of(books)
    till.refund(bicycle(books), 1_000)
    span = ("--from", "2026-01-15", "--to", "2026-01-15")
    assert merchant(books, "statement", *span, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["kind"] for row in rows[0:1] + rows[-1:]] == ["opening", "closing"]
    assert rows[0]["balance"] == "900.00", "the bicycle, sold a week before"
    assert rows[-2]["kind"] == "refund" and rows[-2]["amount"] == "-10.00"
    assert rows[-2]["terminal"] == samples.SMALL_SHOP_TERMINAL
    running = fen(rows[0]["balance"])
    for row in rows[1:-1]:
        sign = -1 if row["amount"].startswith("-") else 1
        running += sign * fen(row["amount"].lstrip("-"))
        assert row["balance"] == yuan(running)
    assert rows[-1]["balance"] == yuan(running) == "40.00"


def test_statement_of_a_span_without_postings_is_its_opening(books):
    with books.engine.begin() as connection:
        told = merchants.statement(connection, SHOP, date(2030, 1, 1), date(2030, 1, 2))
        assert told.entries == () and told.opening_fen == told.closing_fen == 5_000


def test_statement_for_people_and_as_json_say_the_same(books, capsys):
    span = ("--from", "2026-01-01", "--to", "2026-01-15")
    assert merchant(books, "statement", *span) == 0
    people = capsys.readouterr().out
    assert merchant(books, "statement", *span, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["opening_fen"] == 0 and told["closing_fen"] == 5_000
    assert [line.split()[-1] for line in people.splitlines()[3:-1]] == [
        entry["balance"] for entry in told["entries"]]


@pytest.mark.parametrize("amount", ["0", "0.00", "1e3", "1.005", "-5", "1,000", "", "９", "inf"])
def test_amount_that_is_not_exactly_yuan_moves_nothing(books, amount, capsys):
    with pytest.raises(SystemExit) if amount not in ("0", "0.00") else _nothing():
        assert merchant(books, "top-up", "--amount=" + amount) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert books.balance_fen(ledger.merchant_account(SHOP)) == 5_000


def _nothing():
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.parametrize(
    "arguments",
    [("top-up",), ("balance", "--amount", "1"), ("balance", "--csv"),
     ("statement", "--from", "2026-02-01", "--to", "2026-01-01")],
)  # fmt: skip
def test_wrong_usage_is_one_line(books, arguments, capsys):
    assert merchant(books, *arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_merchant_or_ledger_that_is_not_there_is_one_line_and_makes_none(books, tmp_path, capsys):
    none = tmp_path / "none.db"
    assert main(["merchant", "balance", "--ledger", str(none), "--merchant", SHOP]) == 1
    assert not none.exists()
    path = books.engine.url.database
    assert main(["merchant", "balance", "--ledger", path, "--merchant", "1" * 15]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 2 and SHOP in told


@pytest.mark.parametrize("text, amount", [("0.01", 1), ("12", 1200), ("12.3", 1230),
                                          ("9999999999.99", 999_999_999_999)])
def test_yuan_are_read_to_the_fen(text, amount):
    assert fen(text) == amount and fen(yuan(amount)) == amount


def test_today_is_the_day_of_a_statement_without_days(books, capsys):
    assert merchant(books, "statement", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["from"] == told["to"] >= str(TODAY) and datetime.fromisoformat(told["from"])
