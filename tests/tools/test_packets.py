"""`tuidan decode` and `tuidan encode` as their users call them: lines in, lines out, exit code."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from host_sim.show import mask
from tools import cli

ROOT = Path(__file__).parents[2]
FRAMES = json.loads((ROOT / "tests" / "protocol" / "frames.json").read_text())
GOOD = {frame["name"]: frame for frame in FRAMES["good"]}
WITH_CARD = GOOD["0200-21"]  # F35, F52, F53, MAC x9.19
TEST_CARD = "6200000000000005"


def line(frame, **more):
    return json.dumps({"hex": frame["hex"], **more})


@pytest.fixture
def run(monkeypatch, capsys):
    """run(words, input) -> (exit code, lines of standard output, standard error)"""
    def call(words, text=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        try:
            code = cli.main(words)
        except SystemExit as exit_:
            code = exit_.code
        out, err = capsys.readouterr()
        return code, out.splitlines(), err
    return call


@pytest.fixture
def answers(run):
    """answers(words, input) -> (exit code, objects on standard output)"""
    def call(words, text):
        code, out, _ = run(words, text)
        return code, [json.loads(each) for each in out]
    return call


def encoding(fields, **more):
    return json.dumps({"tpdu": "6000030000", "header": "603100311001", "mti": "0220",
                       "fields": fields, **more})


def test_every_published_packet_decodes_with_its_mac(answers):
    lines = [line(frame, **({"mac": frame["mac"]} if "mac" in frame else {}))
             for frame in FRAMES["good"]]
    code, out = answers(["decode", "--json", "--reveal"], "\n".join(lines))
    assert code == 0
    for frame, answer in zip(FRAMES["good"], out, strict=True):
        expected = {name: frame[name] for name in ("tpdu", "header", "mti", "bitmap", "fields")}
        assert answer == {**expected, "mac": "valid" if "mac" in frame else "unchecked"}


def test_every_published_malformed_packet_is_refused_at_its_field(answers):
    code, out = answers(["decode", "--json", "-"],
                        "\n".join(bad["hex"] for bad in FRAMES["bad"]))
    assert code == 1
    assert [answer["error"]["field"] for answer in out] == [bad["field"] for bad in FRAMES["bad"]]
    assert all(answer["error"]["reason"] for answer in out)


@pytest.mark.parametrize("options", [[], ["--portable"]])
def test_what_decode_gives_encode_takes(run, options):
    frames = [frame["hex"] for frame in FRAMES["good"]]
    _, decoded, _ = run(["decode", "--json", "--reveal"], "\n".join(frames))
    code, out, err = run(["encode", *options], "\n".join(decoded))
    assert (code, out, err) == (0, frames, "")


@pytest.mark.parametrize("form", [
    lambda packet: packet,
    lambda packet: packet[4:],
    lambda packet: packet.lower(),
    lambda packet: " ".join(packet[i : i + 2] for i in range(0, len(packet), 2)),
    lambda packet: json.dumps({"hex": packet[4:]}),
])
def test_a_packet_is_read_with_and_without_its_length(answers, form):
    code, (answer,) = answers(["decode", "--json"], form(GOOD["0800-00"]["hex"]))
    assert code == 0
    assert answer["fields"] == GOOD["0800-00"]["fields"]


@pytest.mark.parametrize("bad, field", [
    ("hello", "hex"),
    ("600", "hex"),
    ("60\x00\ud7ff", "hex"),
    ("01", "length"),
    ("0005600003", "length"),
    ("00056100030000", "tpdu"),
    ("{", "json"),
    pytest.param("[" * 100_000, "hex", id="deep list"),
    pytest.param('{"a":' * 100_000, "json", id="deep object"),
    ('{"hex": 60}', "json"),
    ('{"packet": "60"}', "json"),
    (line(GOOD["0200-21"], mac={"algorithm": "rot13", "key": "00"}), "mac"),
    (line(GOOD["0200-21"], mac={"algorithm": "x9.19", "key": "00"}), "mac"),
    (line(GOOD["0200-21"], mac={"algorithm": "x9.19"}), "mac"),
    (line(GOOD["0200-21"], mac="secret"), "mac"),
])
def test_a_bad_line_is_answered_in_its_place_and_the_others_still_are(answers, bad, field):
    good = GOOD["0800-00"]["hex"]
    code, out = answers(["decode", "--json"], f"{good}\n{bad}\n\n{good}\n")
    assert code == 1
    assert [*out[1]["error"]] == ["field", "at", "reason"]
    assert out[1]["error"]["field"] == field
    assert out[0] == out[2] and "fields" in out[0] and len(out) == 3


def test_a_wrong_mac_is_a_finding(answers):
    wrong = {**WITH_CARD["mac"], "key": "00" * 16}
    code, (answer,) = answers(["decode", "--json"], line(WITH_CARD, mac=wrong))
    assert (code, answer["mac"]) == (1, "invalid")


def test_card_data_is_masked_unless_asked_for(answers):
    _, (masked,) = answers(["decode", "--json"], WITH_CARD["hex"])
    assert masked["fields"]["35"] == "622202*********8288=***************"
    assert masked["fields"]["52"] == "*" * 16
    _, (shown,) = answers(["decode", "--json", "--reveal"], WITH_CARD["hex"])
    assert shown["fields"] == WITH_CARD["fields"]


def test_no_form_of_output_shows_a_card_number(run):
    hexes = "\n".join(frame["hex"] for frame in FRAMES["good"])
    secrets = [text for frame in FRAMES["good"] for number, text in frame["fields"].items()
               if number in ("2", "35", "36", "52", "55")]
    assert secrets
    for words in (["decode"], ["decode", "--json"]):
        _, out, _ = run(words, hexes)
        assert not [secret for secret in secrets if secret[:16] in "\n".join(out)]


def test_published_test_cards_are_shown():
    track_3 = f"99{TEST_CARD}=1561560500050001"
    fields = {2: TEST_CARD, 14: "3012", 35: f"{TEST_CARD}=30122010", 36: track_3, 52: "AB" * 8}
    assert mask.masked(fields) == {**fields, 52: "*" * 16}


@pytest.mark.parametrize("number, text, shown", [
    (2, "6222022069482303", "622202******2303"),
    (2, "6222022069", "**********"),
    (2, "62220220694", "622202*0694"),
    (14, "3012", "****"),
    (35, "6222022069482303=301220100000", "622202******2303=************"),
    (35, "6222022069482303", "****************"),
    (36, "996222022069482303=156", "99622202******2303=***"),
    (55, "9F26081122334455667788", "*" * 22),
    (4, "000000000100", "000000000100"),
])
def test_masks_keep_the_first_six_and_last_four(number, text, shown):
    assert mask.masked({number: text}) == {number: shown}


def test_masked_data_is_not_encoded(run):
    _, decoded, _ = run(["decode", "--json"], WITH_CARD["hex"])
    code, (answer,), err = run(["encode"], decoded[0])
    assert code == 1
    assert json.loads(answer)["error"]["field"] == "35"
    assert "decode with --reveal" in err


def test_encode_computes_the_mac_it_is_given_a_key_for(run):
    fields = {number: text for number, text in WITH_CARD["fields"].items() if number != "64"}
    given = {name: WITH_CARD[name] for name in ("tpdu", "header", "mti")}
    request = json.dumps({**given, "fields": fields, "mac": WITH_CARD["mac"]})
    for words in (["encode"], ["encode", "--portable", "-"]):
        assert run(words, request) == (0, [WITH_CARD["hex"]], "")


@pytest.mark.parametrize("bad, field", [
    ("not json", "json"),
    ("[1]", "json"),
    ('{"error": {"field": "2", "at": 1, "reason": "x"}}', "json"),
    ('{"tpdu": "6000030000"}', "header"),
    (encoding([]), "fields"),
    (encoding({"3": "20"}), "3"),
    (encoding({"3": 200000}), "3"),
    (encoding({"5": "20"}), "5"),
    pytest.param(encoding({"9" * 5000: "20"}), "9" * 5000, id="a number of 5000 digits"),
    (encoding({"64": "zz"}), "64"),
    (encoding({"41": "\ud800" + "0" * 7}), "41"),
    (encoding({"3": "200000"}, mac={"algorithm": "x9.19", "key": "zz"}), "mac"),
    (encoding({"3": "200000"}, mac="aes-cmac"), "mac"),
])
def test_what_cannot_be_encoded_is_answered_with_the_field(run, bad, field):
    good = encoding({"3": "200000"})
    code, out, err = run(["encode"], f"{good}\n{bad}\n{good}\n")
    assert code == 1
    assert json.loads(out[1])["error"]["field"] == field
    assert out[0] == out[2] == "0018" "6000030000603100311001" "0220" "2000000000000000" "200000"
    assert err.startswith("tuidan encode: line 2: ") and err.count("\n") == 1


def test_decode_names_the_fields_for_a_person(run):
    code, out, _ = run(["decode"], GOOD["0210-30"]["hex"] + "\nzz\n")
    text = "\n".join(out)
    assert code == 1
    assert "F4   amount, fen                  000005394690 (53946.90 yuan)" in text
    assert "F39  response code                00 (approved)" in text
    assert "622202******1073" in text
    assert "refused: hex: character 1 is not a hex digit" in text


def test_decode_names_the_tags_of_f62(run):
    request = encoding({"62": "DF010531303031" "32" "DF0206E88BB9E69E9C"})
    _, (packet,), _ = run(["encode"], request)
    _, out, _ = run(["decode"], packet)
    assert any("DF01 order number" in each and each.endswith("10012") for each in out)
    assert any("DF02 product" in each and each.endswith("苹果") for each in out)


@pytest.mark.parametrize("words", [
    [], ["fly"], ["decode", "--fly"], ["decode", "no such file"], ["decode", "a", "b"],
    ["encode", "--json"], ["encode", str(ROOT)],
])
def test_wrong_usage_is_one_line_and_exit_2(run, words):
    code, out, err = run(words)
    assert (code, out) == (2, [])
    assert err.startswith("tuidan") and err.count("\n") == 1


def test_help_lists_every_command(run):
    code, out, _ = run(["--help"])
    assert code == 0
    for name, (help_, *_) in cli.COMMANDS.items():
        assert any(each.split()[:1] == [name] and help_ in each for each in out)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_of_the_table_can_be_loaded(run, name):
    code, out, _ = run([name, "--help"])
    assert code == 0
    assert out[0].startswith(f"usage: tuidan {name}")


def test_bytes_that_are_no_text_are_answered_too():
    result = subprocess.run([sys.executable, "-m", "tools.cli", "decode", "--json"], cwd=ROOT,
                            input=b"\xff\xfe\n", capture_output=True, timeout=60)
    assert result.returncode == 1
    assert json.loads(result.stdout)["error"]["field"] == "hex"


def test_a_file_is_read_like_standard_input(answers, tmp_path):
    path = tmp_path / "packets"
    path.write_text(GOOD["0800-00"]["hex"])
    assert answers(["decode", "--json", str(path)], "") == answers(
        ["decode", "--json", "-"], GOOD["0800-00"]["hex"])
