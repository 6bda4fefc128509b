"""The demonstration: a whole refund in real time over a real pair of serial ports."""
import json
import subprocess
import sys

import pytest

from firmware.text.texts import Texts
from host_sim.acquirer.samples import ORDERS
from host_sim.play.shop import open_shop
from host_sim.show import story
from tools import demo
from tools.capture.recording import Reading
from tools.cli import main


def test_demo_as_a_command_ends_with_the_line_that_others_read():
    ran = subprocess.run([sys.executable, "-m", "tools.cli", "demo", "--language", "en"],
                         capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    order, amount, rrn, voucher = lines[-1].split()[3::2]
    assert lines[-1] == (f"refund approved: order {order} amount {amount} "
                         f"rrn {rrn} voucher {voucher}")
    assert (order, amount) == ("20260004", "520.00")
    for said in ("refund request", "F64 MAC", "Second check", "MERCHANT COPY", "CUSTOMER COPY"):
        assert said in ran.stdout
    assert "\x1b" not in ran.stdout


def test_json_of_a_part_refund_agrees_with_its_own_messages(capsys):
    code = main(["demo", "--json", "--order", "20260005", "--amount-fen", "12345"])
    result = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (result["result"], result["order"], result["amount_fen"]) == (
        "approved", "20260005", 12345)
    reply = next(one for one in result["messages"] if one["mti"] == "0230")
    assert (reply["direction"], reply["fields"]["37"], reply["fields"]["11"]) == (
        "in", result["rrn"], result["stan"])
    assert any(result["rrn"] in line for line in result["voucher"])


def test_order_that_nobody_knows_ends_with_what_the_terminal_says(capsys):
    code = main(["demo", "--json", "--order", "777"])
    out, err = capsys.readouterr()
    assert code == 1 and json.loads(out)["result"] == "not sent"
    assert "查无此订单 | 777" in err and err.count("\n") == 1


@pytest.mark.parametrize("words", [["--order", "12a"], ["--amount-fen", "-5"], ["--seed", "x"],
                                   ["--language", "fr"]])
def test_wrong_usage_is_one_line(capsys, words):
    with pytest.raises(SystemExit) as caught:
        main(["demo", *words])
    assert caught.value.code == 2 and capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("order, amount_fen, kind", [
    ("20260004", None, "0220"), ("20260001", None, "0200"), ("20260012", 5000, "0220")])
def test_the_operator_finds_his_way_through_every_procedure(language, order, amount_fen, kind):
    world = open_shop(language=language).world
    demo.Operator(world, language, order, amount_fen, lambda: None).play()
    told = demo.summary(world.trace, order)
    paid = next(row[4] for row in ORDERS if row[0] == order)
    assert told["result"] == "approved" and told["amount_fen"] == (amount_fen or paid)
    assert any(one["mti"] == kind for one in told["messages"])


@pytest.mark.parametrize("order, amount_fen, title", [
    ("20260009", None, "declined.title"), ("20260007", None, "refused.title"),
    ("20260006", 25001, "amount.title"), ("20260011", None, "held.title")])
def test_every_other_end_is_told_in_the_terminals_words(order, amount_fen, title):
    world = open_shop().world
    with pytest.raises(demo.NotApproved) as caught:
        demo.Operator(world, "zh", order, amount_fen, lambda: None).play()
    assert Texts("zh")[title].partition("{")[0] in str(caught.value)


def test_a_capture_of_the_demo_holds_its_messages(tmp_path, capsys):
    path = tmp_path / "demo.pcapng"
    assert main(["demo", "--json", "--capture", str(path)]) == 0
    result = json.loads(capsys.readouterr().out)
    with open(path, "rb") as file:
        reading = Reading(file)
        packets = list(reading)
    assert [(one.way, one.data[3:-2].hex().upper()) for one in packets
            if one.channel == "wire" and len(one.data) > 1] == [
        (one["direction"], one["hex"]) for one in result["messages"]]
    assert reading.head.run["made_by"] == "demo" and reading.remarks == ["approved"]
    assert reading.fault is None


def test_screens_dot_by_dot_are_the_pixels_that_were_shown(capsys):
    code = main(["demo", "--dots", "--order", "777"])
    told = capsys.readouterr().out
    assert code == 1
    welcome = open_shop().world
    welcome.power_on()
    welcome.run_for(1000)
    assert "\n".join(story.glass(welcome.device.pixels())) in told
