"""Many terminals at one acquirer, in small: nothing is lost, and what is lost is found."""

import pytest

from host_sim.acquirer import ledger, samples
from tools.cli import main
from tools.soak import many, tcp


def test_twenty_terminals_with_faults_and_one_acquirer_agree_in_the_end():
    told = many.play(20)
    assert told["wrong"] == [] and told["lost"] == 0
    assert told["terminals"] == 20 and told["transactions"] >= 20
    assert told["faults"] > 20 and told["power_cuts"] > 0
    assert {"APPROVED", "DECLINED"} <= told["states"].keys()


def test_same_seed_is_the_same_day():
    one, again, other = (many.play(4, seed) for seed in (3, 3, 4))
    measured = ("seconds", "mb_before", "kb_a_terminal")
    told = [{name: value for name, value in day.items() if name not in measured}
            for day in (one, again, other)]  # fmt: skip
    assert told[0] == told[1] != told[2]


def test_refund_that_the_host_books_wrongly_is_found(monkeypatch):
    post = ledger.post

    def short(connection, txn_id, kind, sold, amount_fen, at):
        post(connection, txn_id, kind, sold, max(1, amount_fen - (kind == "refund")), at)

    monkeypatch.setattr(ledger, "post", short)
    told = many.play(4)
    assert any("fen" in one for one in told["wrong"]) and told["lost"] > 0


def test_card_number_in_the_ledger_of_a_terminal_is_found(monkeypatch):
    record = ledger.record

    def noting(connection, key, **values):
        return record(connection, key, **values | {"note": samples.VISA})

    monkeypatch.setattr(ledger, "record", noting)
    assert any("stands in the ledger" in one for one in many.play(1)["wrong"])


def test_five_terminals_over_tcp_agree_with_an_acquirer_that_was_killed_in_the_middle():
    told = tcp.play(5, procedures=1, speed=20)
    assert told["wrong"] == [] and told["lost"] == 0
    assert told["restarts"] == 1 and told["connections"] > 5
    assert told["transactions"] >= 1 and told["replies"] >= 10


@pytest.mark.parametrize("arguments", [("many", "--terminals", "1001"), ("tcp", "--seconds", "0")])
def test_wrong_usage_is_one_line(arguments, capsys):
    assert main(["soak", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
