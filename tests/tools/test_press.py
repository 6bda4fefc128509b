"""Every key script plays as it says; a script that does not is told by its line."""
import json
from pathlib import Path

import pytest

from host_sim.play import player
from host_sim.play.script import FORMS
from tools import press
from tools.cli import main

SCRIPTS = Path(__file__).parents[1] / "scripts"
REFUND = SCRIPTS / "refund_full.txt"


def written(tmp_path, text, name="a.txt"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def told(capsys, *words):
    """(exit code, standard output, standard error) of `tuidan press`."""
    code = main(["press", *map(str, words)])
    return code, *capsys.readouterr()


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_script_plays_as_it_says(path):
    _, result = press.play(path)
    assert "error" not in result, result["error"]


def test_every_statement_of_the_language_can_be_played():
    read_by_the_parser = {"language", "start", "blank", "seed", "terminal", "ends_anywhere",
                          "scenario", "include", "repeat", "end"}
    played = {name.removeprefix("do_") for name in vars(player.Player) if name.startswith("do_")}
    assert played == FORMS.keys() - read_by_the_parser


def test_one_seed_gives_one_run_byte_for_byte(capsys):
    noisy = SCRIPTS / "line_noise.txt"
    first = told(capsys, noisy, "--seed", "3", "--json")
    again = told(capsys, noisy, "--seed", "3", "--json")
    other = told(capsys, noisy, "--seed", "4", "--json")
    assert first[0] == 0 and first == again
    assert json.loads(first[1])["messages"] != json.loads(other[1])["messages"]


def test_json_has_result_screens_messages_and_paper(capsys):
    code, out, err = told(capsys, REFUND, "--json")
    result = json.loads(out)
    assert (code, err, result["result"], result["outcome"]) == (0, "", "passed", "approved")
    refund = [one for one in result["messages"] if one["mti"] == "0220"]
    assert [one["direction"] for one in refund] == ["out"]
    assert refund[0]["fields"]["4"] == "000000052000"
    assert refund[0]["hex"].startswith("60")
    assert ["退款成功"] == [rows[0].split()[0] for rows in (
        one["rows"] for one in result["screens"]) if rows[0].startswith("退款成功")][:1]
    assert any("520.00" in line for line in result["paper"])


def test_several_scripts_give_one_object_with_a_list(capsys):
    code, out, _ = told(capsys, REFUND, SCRIPTS / "echo.txt", "--json")
    assert code == 0
    assert [one["result"] for one in json.loads(out)["scripts"]] == ["passed", "passed"]


def test_failing_expectation_names_line_statement_and_screen(tmp_path, capsys):
    path = written(tmp_path, 'wait "按确认键登录"\nexpect screen "就绪"\n')
    code, out, err = told(capsys, path)
    assert code == 1
    assert err == (f'{path}:2: expected: expect screen "就绪"; '
                   f"the screen says: Tuidan | 按确认键登录 | - | -\n")
    assert "按确认键登录" in out


@pytest.mark.parametrize("step, seen", [
    ('wait "never" within 500ms', "not there after 0.5 s"),
    ('expect not screen "登录"', "the screen says:"),
    ('expect paper "退货"', "the paper says: nothing"),
    ("expect sent 0220 1", "0 were sent; all requests so far: none"),
    ("expect refunded 20260006 1", "the ledger has given back 15000 fen"),
    ("expect refunded 777 0", "the ledger knows no order 777"),
    ("press ENTER", "at its end: expected: the terminal idle again"),
])
def test_every_expectation_can_fail(tmp_path, capsys, step, seen):
    code, _, err = told(capsys, written(tmp_path, f'wait "登录"\n{step}\n'))
    assert code == 1 and seen in err and err.count("\n") == 1


def test_what_was_sent_and_printed_is_counted_from_the_mark(tmp_path, capsys):
    refund = REFUND.read_text(encoding="utf-8").replace("common/", f"{SCRIPTS}/common/")
    after = "mark\nexpect nothing sent\nexpect no paper\n"
    assert told(capsys, written(tmp_path, refund + after))[0] == 0
    for step in ("expect nothing sent", "expect no paper"):
        assert told(capsys, written(tmp_path, f"{refund}{step}\n"))[0] == 1


def test_script_that_cannot_be_read_is_wrong_usage(tmp_path, capsys):
    for text, said in (("knock\n", "is no statement"), ("terminal 99\n", "no sample terminal 99")):
        code, out, err = told(capsys, written(tmp_path, text))
        assert (code, out) == (2, "") and said in err and err.count("\n") == 1
    code, _, err = told(capsys, tmp_path / "gone.txt")
    assert code == 2 and "No such file" in err


def test_trace_tells_keys_screens_packets_and_paper(capsys):
    _, out, _ = told(capsys, REFUND, "--trace")
    for said in ("refund request", "F64 MAC", "退款成功", "商户存根", "DF01 order number"):
        assert said in out


def test_pictures_show_every_screen_and_the_paper(tmp_path, capsys):
    code, out, _ = told(capsys, REFUND, "--json", "--pictures", tmp_path / "seen")
    names = sorted(path.name for path in (tmp_path / "seen").iterdir())
    assert code == 0
    assert names[-1] == "paper.png" and len(names) == len(json.loads(out)["screens"]) + 1


def test_a_crash_of_the_firmware_fails_the_line_that_met_it(tmp_path, monkeypatch):
    from firmware.flows import echo

    async def run(_terminal):
        raise KeyError("a fault of ours")

    monkeypatch.setattr(echo, "run", run)
    _, result = press.play(SCRIPTS / "echo.txt")
    assert result["result"] == "failed"
    assert "firmware crashed" in result["error"]["seen"]
