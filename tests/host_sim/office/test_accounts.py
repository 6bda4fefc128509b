"""Accounts, passwords and sessions: who comes in, and what ends that."""

from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from host_sim.acquirer import schema
from host_sim.office import accounts, knocks, store
from host_sim.office.schema_more import trail
from tools.cli import main

NOW = datetime(2026, 3, 16, 9, 0)
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RIGHT, WRONG = "correct horse 7", "wrong horse 77"


class Office:
    def __init__(self, engine):
        self.engine = engine
        self.door = accounts.Door(engine, QUICK)
        self.now = NOW

    def add(self, name, role=accounts.CLERK):
        with self.engine.begin() as connection:
            digest = self.door.digest(name, RIGHT)
            return accounts.add(connection, name, role, digest, NOW)

    def enter(self, name="li", password=RIGHT, address="192.0.2.1", old=None):
        return self.door.enter(name, password, address, self.now, old)

    def visitor(self, token):
        with self.engine.begin() as connection:
            return accounts.visitor(connection, token, self.now)

    def do(self, deed, *arguments):
        with self.engine.begin() as connection:
            return deed(connection, *arguments)


@pytest.fixture
def office():
    made = Office(store.prepare(schema.open_engine()))
    made.add("li")
    return made


def test_right_password_opens_a_session_and_leaving_ends_it(office):
    token, _ = office.enter(" Li ")
    found = office.visitor(token)
    assert (found.name, found.role) == ("li", "clerk")
    office.do(accounts.leave, token)
    assert office.visitor(token) is None


def test_wrong_password_and_unknown_name_are_told_the_same(office):
    assert office.enter(password=WRONG) == office.enter(name="nobody") == (None, "wrong")


def test_fifth_wrong_password_locks_the_name_for_a_quarter_of_an_hour(office):
    for _ in range(5):
        assert office.enter(password=WRONG, address="192.0.2.9") == (None, "wrong")
    assert office.enter() == (None, "too_many")
    office.now += timedelta(minutes=15)
    assert office.enter()[0]


def test_names_that_do_not_exist_lock_too(office):
    told = [office.enter(name="nobody")[1] for _ in range(6)]
    assert told == ["wrong"] * 5 + ["too_many"]


def test_right_password_forgives_the_wrong_ones(office):
    for _ in range(3):
        for _ in range(4):
            office.enter(password=WRONG)
        assert office.enter()[0]


def test_one_address_cannot_try_many_names(office):
    told = [office.enter(name=f"name{n}")[1] for n in range(accounts.BY_ADDRESS.most + 1)]
    assert told[-1] == "too_many" and set(told[:-1]) == {"wrong"}
    assert office.enter(address="198.51.100.1")[0]


def test_right_passwords_do_not_pay_for_wrong_ones_to_other_names(office):
    told = []
    for n in range(most := accounts.BY_ADDRESS.most):
        told.append(office.enter(name=f"name{n}")[1])
        assert office.enter()[0] or n == most - 1
    assert set(told) == {"wrong"}
    assert office.enter(name="another")[1] == "too_many"


def test_log_in_ends_the_token_the_browser_came_with(office):
    first, _ = office.enter()
    second, _ = office.enter(old=first)
    assert first != second
    assert office.visitor(first) is None and office.visitor(second)


@pytest.mark.parametrize("step", [accounts.IDLE, timedelta(minutes=29)])
def test_session_ends_when_unused_or_old(office, step):
    token, _ = office.enter()
    uses = 0
    while office.visitor(token):
        office.now += step
        uses += 1
    assert uses == (1 if step == accounts.IDLE else 25)  # 12 hours of 29 minutes


def test_another_role_password_or_a_closed_account_ends_every_session(office):
    office.add("chen", accounts.ADMINISTRATOR)
    found = office.do(accounts.everybody)[1]
    assert found.name == "li"
    for deed, value in (
        (accounts.set_role, accounts.REVIEWER),
        (accounts.set_active, False),
        (accounts.set_active, True),
    ):
        tokens = [token for token, _ in (office.enter(), office.enter()) if token]
        office.do(deed, found.id, value)
        assert not any(office.visitor(token) for token in tokens)
    token, _ = office.enter()
    office.do(accounts.set_password, found, office.door.digest("li", "another horse 8"))
    assert office.visitor(token) is None
    assert office.enter() == (None, "wrong")
    assert office.enter(password="another horse 8")[0]


def test_password_that_is_changed_meanwhile_opens_nothing(office, monkeypatch):
    """Another program changes it while this one works out the digest."""
    door, worked_out = office.door, office.door.is_right

    def slow(digest, password):
        right = worked_out(digest, password)
        new = door.digest("", "another horse 8")
        office.do(lambda c: accounts.set_password(c, accounts.find(c, 1), new))
        return right

    monkeypatch.setattr(door, "is_right", slow)
    assert office.enter() == (None, "wrong")
    assert office.do(lambda c: c.execute(select(accounts.session)).all()) == []


def test_closed_account_is_told_nothing_but_wrong(office):
    office.add("chen", accounts.ADMINISTRATOR)
    found = office.do(accounts.everybody)[1]
    office.do(accounts.set_active, found.id, False)
    assert office.enter() == (None, "wrong")


def test_last_administrator_stays(office):
    number = office.add("chen", accounts.ADMINISTRATOR)
    for deed, value in ((accounts.set_role, accounts.CLERK), (accounts.set_active, False)):
        with pytest.raises(accounts.Refused, match="last_administrator"):
            office.do(deed, number, value)
    office.add("wu", accounts.ADMINISTRATOR)
    office.do(accounts.set_role, number, accounts.CLERK)


@pytest.mark.parametrize("password, reason", [
    ("short 7", "password_length"), ("x" * 129, "password_length"),
    ("abababababab", "password_weak"), ("my name is li 5", "password_weak"),
])  # fmt: skip
def test_easy_password_is_refused(office, password, reason):
    with pytest.raises(accounts.Refused, match=reason):
        office.door.digest("li", password)


@pytest.mark.parametrize("name", ["", "l", "Li", "李", "a b", "x" * 33, "-li"])
def test_name_is_plain_and_taken_once(office, name):
    with pytest.raises(accounts.Refused, match="name_form"):
        office.add(name)
    with pytest.raises(accounts.Refused, match="name_taken"):
        office.add("li")


def test_database_holds_neither_password_nor_token(office):
    token, _ = office.enter()
    dump = schema.image(office.engine)
    assert RIGHT.encode() not in dump and token.encode() not in dump
    assert b"$argon2id$" in dump


def test_counts_of_tries_do_not_pile_up(office):
    for n in range(20):
        office.enter(name=f"name{n}", address=f"192.0.2.{n}")
    office.now += timedelta(minutes=15)
    office.enter()
    assert office.do(lambda c: len(c.execute(select(knocks.knock)).all())) == 1  # the address's


def add_admin(monkeypatch, ledger, name, typed):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    return main(["office", "add-admin", "--ledger", str(ledger), "--name", name])


def test_first_administrator_is_made_on_the_command_line(tmp_path, monkeypatch, capsys):
    ledger = tmp_path / "ledger.db"
    assert add_admin(monkeypatch, ledger, "chen", RIGHT + "\n") == 1  # no ledger is made by it
    assert not ledger.exists()
    schema.open_engine(str(ledger)).dispose()
    assert add_admin(monkeypatch, ledger, "chen", "\n") == 1
    assert add_admin(monkeypatch, ledger, "chen", RIGHT + "\n") == 0
    assert add_admin(monkeypatch, ledger, "chen", RIGHT + "\n") == 1
    told = capsys.readouterr()
    assert RIGHT not in told.out + told.err
    engine = schema.open_engine(str(ledger))
    assert accounts.Door(engine).enter("chen", RIGHT, "", NOW)[0]
    with engine.begin() as connection:
        (row,) = connection.execute(select(trail)).all()
    assert (row.event, row.subject) == ("account added", "account chen")
    assert row.source == "command line" and "administrator" in row.new
    engine.dispose()
