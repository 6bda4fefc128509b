"""Scenarios: what a file may say, how a wrong one is refused, and what its day is like."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from host_sim.acquirer import scenario, schema
from host_sim.acquirer.host import Host, OtherScenario, open_scenario
from host_sim.acquirer.ledger import find_order
from host_sim.acquirer.scenario import ScenarioError
from protocol.subfields import f60
from tests.host_sim.acquirer.till import NOON, TODAY, Till

SHOP = """
about = "one till"
[[merchant]]
number = "898110070190001"
name = "shop"
balance = "100.00"
[[terminal]]
number = "10000001"
merchant = "898110070190001"
[[order]]
number = "1"
terminal = "10000001"
wallet = "w"
amount = "50.00"
product = "tea"
"""


def written(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return scenario.read(str(path))


class Day:
    """A scenario being played, with a till that has signed on."""

    def __init__(self, played, seed=1):
        self.engine = schema.open_engine()
        open_scenario(self.engine, played, TODAY)
        self.host = Host(self.engine, played, seed)
        self.till = Till(self.host)
        self.till.merchant_id = {row[0]: row[1] for row in played.terminals}["10000001"]
        self.till.sign_on()

    def order(self, number):
        with self.engine.begin() as connection:
            return find_order(connection, number, self.till.merchant_id)

    def refund(self, number, amount_fen, **values):
        return self.till.refund(self.order(number), amount_fen, **values)


@pytest.mark.parametrize("name", scenario.shipped())
def test_shipped_scenarios_can_be_played(name):
    played = scenario.read(name)
    assert played.about and len(played.about) < 100
    few = {row[0]: row for row in played.terminals[:5]}
    small = replace(played, terminals=tuple(few.values()),
                    orders=tuple(row for row in played.orders if row[2] in few))
    assert open_scenario(schema.open_engine(), small, TODAY)


@pytest.mark.parametrize(
    "change, place, expected",
    [
        (("about =", "abuot ="), "at its top", "unknown key 'abuot'"),
        (('about = "one till"', ""), "at its top", "about is missing"),
        (('"100.00"', "100.0"), "merchant 1, balance", "an amount in yuan like 128.00"),
        (('"100.00"', '"100.005"'), "merchant 1, balance", "an amount in yuan like 128.00"),
        (('"898110070190001"\nname', '"8981"\nname'), "merchant 1, number", "15 digits"),
        (("wallet =", 'card = "c"\nwallet ='), "order 1", "card or wallet, one of them"),
        (("wallet =", "card ="), "order 1, card", "not in [cards]"),
        (('terminal = "10000001"', 'terminal = "9"'), "order 1, terminal", "no terminal"),
        (("[[merchant]]", "[merchant]"), "merchant", "[[merchant]]"),
        (("about", "]"), "own.toml", "line 2"),
    ],
)
def test_wrong_scenario_is_refused_with_place_and_expectation(tmp_path, change, place, expected):
    with pytest.raises(ScenarioError) as refused:
        written(tmp_path, SHOP.replace(*change))
    assert place in str(refused.value) and expected in str(refused.value)
    assert "own.toml" in str(refused.value)


@pytest.mark.parametrize(
    "table, expected",
    [
        ('[[fault]]\nkind = "rain"', "fault 1, kind: 'rain' is not one of deaf, mute"),
        ('[[fault]]\nkind = "deaf"\nmti = "0999"', "fault 1, mti"),
        ('[[fault]]\nkind = "deaf"\npercent = 0', "whole number from 1 to 100"),
        ('[[fault]]\nkind = "delay"\ndelay_ms = [9, 1]', "[at least, at most]"),
        ('[[code]]\nanswer = "05"\nto = "loan"', "code 1, to"),
        ('[[code]]\nanswer = "00"', "no response code"),
        ('[[code]]\nanswer = "05"\nhours = ["25:00", "1:00"]', "two times of day"),
        ('[[code]]\nanswer = "05"\nterminal = "10000009"', "no terminal of this file"),
        ("[rules]\nwindow = 3", "unknown key 'window'; there are window_days, limit"),
        ("[reviewers]\napprove_percent = 50", "reviewers: after_s is missing"),
        ("[weather]\nrain = true", "unknown key 'weather'"),
        ("samples = 1", "neither true nor false"),
    ],
)
def test_wrong_tables_are_refused(tmp_path, table, expected):
    text = f"{table}\n{SHOP}" if table.startswith("samples") else SHOP + table
    with pytest.raises(ScenarioError, match="own.toml") as refused:
        written(tmp_path, text)
    assert expected in str(refused.value)


def test_ten_thousand_orders_are_written_in_as_many_statements_as_ten():
    def written(name):
        engine, statements = schema.open_engine(), []
        event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
        open_scenario(engine, scenario.read(name), TODAY)
        with engine.connect() as connection:
            orders = connection.scalar(select(func.count()).select_from(schema.order))
            return len(statements), orders

    (few, orders), (many, more_orders) = written("review_day"), written("busy_day")
    assert more_orders == 10_000 > 100 * orders
    assert many <= few


def test_unknown_scenario_names_the_shipped_ones():
    with pytest.raises(ScenarioError, match="ordinary_day"):
        scenario.read("no_such_day")


@pytest.mark.parametrize(
    "order, amount_fen, code",
    [
        ("20260001", 100, "05"),
        ("20260005", 1111, "01"),
        ("20260005", 1175, "75"),
        ("20260005", 50_000, "09"),
        ("20260005", 70_000, "61"),
        ("20260009", 100, "22"),
        ("20260005", 1100, "00"),
    ],
)
def test_code_table_and_terms_answer_where_the_rules_would_approve(order, amount_fen, code):
    day = Day(scenario.read("test_codes"))
    assert day.refund(order, amount_fen).fields[39] == code


def test_code_for_the_second_try_of_a_key(tmp_path):
    played = written(tmp_path, SHOP + '[[code]]\nanswer = "96"\nat_try = 1\n'
                                      '[[code]]\nanswer = "91"\nat_try = 2\n')
    day = Day(played)
    codes = [day.refund("1", 100, stan=7, mti=mti).fields[39] for mti in ("0220", "0221", "0221")]
    assert codes == ["96", "91", "00"]


def test_day_cut_is_at_its_hour_only():
    day = Day(scenario.read("day_cut"))
    assert day.refund("20260005", 100).fields[39] == "00"
    day.till.now = NOON.replace(hour=23, minute=9)
    assert day.refund("20260005", 100).fields[39] == "90"
    day.till.now = NOON.replace(hour=23, minute=10)
    assert day.refund("20260005", 100).fields[39] == "00"


def test_host_that_crashes_behind_its_commit_answers_the_repeat_from_its_ledger(tmp_path):
    played = written(
        tmp_path, SHOP + '[[fault]]\nkind = "crash"\nmti = "0220"\ntimes = 1\ndown_s = 30')
    day = Day(played)
    assert day.refund("1", 4000, stan=7) is None
    assert day.refund("1", 4000, stan=7, mti="0221") is None, "it is down for 30 s"
    day.till.now = NOON + timedelta(seconds=30)
    assert day.refund("1", 4000, stan=7, mti="0221").fields[39] == "00"
    assert day.host.crashes == 1 and day.order("1").refunded_fen == 4000


def test_reviewer_decides_when_his_time_has_come(tmp_path):
    held = SHOP.replace("product", 'became = "hold"\nproduct')
    day = Day(written(tmp_path, held + "[reviewers]\nafter_s = 60\n"))
    assert day.refund("1", 4000, stan=7).fields[39] == "09"
    day.till.now = NOON + timedelta(seconds=59)
    day.till.sign_on()
    assert day.order("1").refunded_fen == 0
    day.till.now = NOON + timedelta(seconds=60)
    day.till.sign_on()
    assert (day.order("1").refunded_fen, day.order("1").held_fen) == (4000, 0)


def test_chances_come_from_the_seed():
    def lost(seed):
        day = Day(scenario.read("ordinary_day"))
        day.till.acquirer = Host(day.engine, scenario.read("flaky_line"), seed)
        packets = [day.till.packet(day.till.message("0820", {60: f60("00", 101, "301")}))] * 40
        return [day.till.acquirer.answer(packet, NOON) is None for packet in packets]

    assert lost(1) == lost(1) != lost(2)
    assert any(lost(1)) and not all(lost(1))


def test_ledger_of_another_scenario_is_refused(tmp_path):
    engine = schema.open_engine()
    assert open_scenario(engine, written(tmp_path, SHOP), TODAY)
    with pytest.raises(OtherScenario, match="10000002"):
        open_scenario(engine, scenario.read("ordinary_day"), TODAY)
    assert not open_scenario(engine, written(tmp_path, SHOP), TODAY)


def test_readme_scenario_can_be_read_and_every_key_is_in_its_table(tmp_path):
    text = (scenario.SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    assert written(tmp_path, example).terms.limit_fen == 60_000
    told = text.split("## Scenarios")[1].split("## In real time")[0]
    for form in scenario.FORMS.values():
        assert all(f"`{key}`" in told for key in form if key != "*")
