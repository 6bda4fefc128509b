"""`tuidan keys`: components, check values, key blocks, where keys lie; no digit of one is told."""

import io
import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from psec import tr31 as psec

from host_sim.acquirer import samples
from host_sim.play.shop import open_shop
from host_sim.ptyboard import flashfile
from protocol.keys import kcv
from tests.till import Till
from tools.campaign.image import Image
from tools.cli import main
from tools.keys import parts, places, slot
from tools.keys.blocks import CLEAR
from tools.terminal import enrolled_flash

ONE, OTHER = "0123456789ABCDEFFEDCBA9876543210", "08D7B4FB629D0885CA5D92598DCA48CE"


@pytest.fixture
def keys(capsys, tmp_path, monkeypatch):
    """keys("verb ...") -> (exit code, what was printed, the one line of the error)."""
    monkeypatch.chdir(tmp_path)

    def run(words, typed=""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
        try:
            code = main(["keys", *words.split()])
        except SystemExit as end:
            code = end.code
        told = capsys.readouterr()
        assert told.err.count("\n") == (code != 0 and not told.out), told.err
        return code, told.out, told.err

    return run


def component(value):
    return f"{value} {kcv(bytes.fromhex(value), parts.CIPHERS).hex().upper()}"


def made(keys, use, count=2):
    """Components of a new key in files -> "their names", the whole's bytes."""
    assert keys(f"generate --use {use} --components {count} --out safe --name {use}")[0] == 0
    paths = [f"safe/{use}-{at}.component" for at in range(1, count + 1)]
    return " ".join(paths), parts.load(use, paths).value


def digits_of(text):
    """Every component in these files, and what they make."""
    paths = text.split()
    values = [part.value for part in parts.components("tmk", paths)]
    return [value.hex().upper() for value in [*values, parts.load("tmk", paths).value]]


# ------------------------------------------------------------------ components


@pytest.mark.parametrize("count", [1, 2, 3])
def test_generated_components_are_apart_and_make_a_key_of_odd_parity(keys, count, tmp_path):
    code, told, _ = keys(f"generate --components {count} --out safe --json")
    told = json.loads(told)
    files = [tmp_path / one["file"] for one in told["components"]]
    assert code == 0 and len(files) == count
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    found = parts.components("tmk", [str(file) for file in files])
    whole = parts.combined("tmk", found)
    assert [part.kcv for part in found] == [one["kcv"] for one in told["components"]]
    assert whole.kcv == told["kcv"] and len({part.value for part in found}) == count
    assert all(byte.bit_count() % 2 for part in [*found, whole] for byte in part.value)


def test_no_verb_tells_a_digit_of_a_key(keys, tmp_path):
    tmk, _ = made(keys, "tmk", 3)
    under, _ = made(keys, "kbpk")
    flashfile.write(tmp_path / "till", enrolled_flash("en"))
    said = ""
    for words in (f"combine {tmk}", f"wrap --key {tmk} --under {under} --out b",
                  f"unwrap b --under {under} --out back",
                  "inject --flash till --key " + tmk, "show --flash till",
                  f"export --flash till --under {under}", "wipe --flash till --yes"):
        for form in ("", " --json"):
            _, out, err = keys(words + form)
            said += (out + err).upper()
    for digits in [*digits_of(tmk), *digits_of(under)]:
        assert digits not in said and digits[:16] not in said and digits[16:] not in said


def test_a_key_is_never_written_over(keys):
    assert keys("generate --out safe")[0] == 0
    before = Path("safe/tmk-1.component").read_text()
    code, _, err = keys("generate --out safe")
    assert code == 2 and "already" in err and Path("safe/tmk-1.component").read_text() == before


def test_components_are_shown_on_a_screen_only(keys):
    assert keys("generate")[0] == 2
    for words in ("--reveal", "--reveal --json"):
        code, out, err = keys("generate " + words)
        assert code == 2 and out == "" and "screen" in err


def test_components_of_known_digits_make_the_known_key(keys):
    code, out, _ = keys("combine - --json", f"# two\n{component(ONE)}\n\n{component(OTHER)}\n")
    whole = bytes(a ^ b for a, b in zip(bytes.fromhex(ONE), bytes.fromhex(OTHER), strict=True))
    assert code == 0 and json.loads(out)["kcv"] == kcv(whole, parts.CIPHERS).hex().upper()


def test_digits_in_groups_and_a_check_value_of_three_bytes_are_read(keys):
    spaced = " ".join(ONE[at:at + 4] for at in range(0, 32, 4))
    assert keys("combine -", f"{spaced} {component(ONE)[-8:-2]}\n")[0] == 0


def test_a_wrong_check_value_says_which_component(keys):
    slip = component(OTHER).replace("08D7", "08D5")
    code, out, err = keys("combine -", f"{component(ONE)}\n{slip}\n")
    assert (code, out) == (1, "") and "component 2 (standard input, line 2)" in err
    assert "FB62" not in err


def test_a_whole_of_another_check_value_is_a_finding(keys):
    assert keys("combine - --kcv " + component(ONE)[-8:], component(ONE))[0] == 0
    code, _, err = keys("combine - --kcv 000000", component(ONE))
    assert code == 1 and "000000" in err


@pytest.mark.parametrize("line", ["", "# nothing", ONE, f"{ONE} 12", f"{ONE[:30]} 08D7B4FB",
                                  "no digits", f"{component(ONE)}\n{ONE[:16]} D5D44FF7",
                                  component(ONE[:16] * 2)], ids=range(8))
def test_what_makes_no_key_is_a_finding_in_one_line(keys, line):
    code, out, err = keys("combine -", line + "\n")
    assert (code, out) == (1, "") and ONE not in err


# ------------------------------------------------------------------ key blocks


@pytest.mark.parametrize("use, kind", [("tmk", "K0"), ("pik", "P0"), ("mak", "M3"),
                                       ("mak-aes", "M6"), ("tdk", "D0")])
def test_psec_reads_our_blocks_and_we_read_psecs(keys, use, kind):
    key, value = made(keys, use)
    under, kbpk = made(keys, "kbpk")
    assert keys(f"wrap --use {use} --key {key} --under {under} --out block")[0] == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header, opened = psec.unwrap(kbpk, Path("block").read_text().strip())
        theirs = psec.KeyBlock(kbpk, header).wrap(value)
    assert (opened, header.key_usage, header.version_id) == (value, kind, "B")
    Path("theirs").write_text(theirs)
    code, out, _ = keys(f"unwrap theirs --under {under} --json")
    assert code == 0
    assert json.loads(out) == {"use": use, "kcv": kcv(value, parts.CIPHERS).hex().upper(),
                               "under": kcv(kbpk, parts.CIPHERS).hex().upper()}


def test_a_single_mak_goes_through_a_block(keys):
    under, _ = made(keys, "kbpk")
    keys("generate --use mak --single --components 1 --out safe")
    assert keys(f"wrap --use mak --key safe/mak-1.component --under {under} --out block")[0] == 0
    assert keys(f"unwrap block --under {under} --out back")[0] == 0
    back = parts.load("mak", ["back/mak-1.component"])
    assert back == parts.load("mak", ["safe/mak-1.component"]) and len(back.value) == 8


@pytest.mark.parametrize("use", ["pik", "mak", "mak-aes", "tdk"])
def test_a_key_of_one_use_is_taken_for_no_other(keys, use, tmp_path):
    key, _ = made(keys, use)
    under, _ = made(keys, "kbpk")
    assert keys(f"wrap --use {use} --key {key} --under {under} --out block")[0] == 0
    flashfile.write(tmp_path / "till", enrolled_flash("en"))
    before = flashfile.read(tmp_path / "till")
    for words in (f"unwrap block --under {under} --use tmk",
                  f"inject --flash till --block block --under {under}"):
        code, _, err = keys(words)
        assert code == 1 and f"a {use}" in err
    assert flashfile.read(tmp_path / "till") == before


def test_another_kbpk_or_a_changed_digit_opens_nothing(keys):
    key, _ = made(keys, "tmk")
    under, _ = made(keys, "kbpk")
    keys(f"wrap --key {key} --under {under} --out block")
    assert keys(f"unwrap block --under {key}")[0] == 1
    block = Path("block").read_text()
    for changed in (block[:40] + ("0" if block[40] != "0" else "1") + block[41:], "", "B0080", "é"):
        Path("changed").write_text(changed)
        assert keys(f"unwrap changed --under {under}")[0] == 1


@pytest.mark.parametrize("use", ["kbpk", "mak-sm4"])
def test_what_a_block_has_no_kind_for_is_not_wrapped(keys, use):
    key, _ = made(keys, use)
    assert keys(f"wrap --use {use} --key {key} --under {key} --out block")[0] == 1
    assert not Path("block").exists()


# ------------------------------------------------------------------ where keys lie


@pytest.fixture
def till(tmp_path):
    flashfile.write(tmp_path / "till", enrolled_flash("en"))
    return tmp_path / "till"


def shown(keys, words):
    code, out, _ = keys(words + " --json")
    return code, {one["key"]: one["kcv"] for one in json.loads(out)["keys"]}


def test_an_injected_key_replaces_the_old_one_to_the_last_bit(keys, till):
    key, value = made(keys, "tmk")
    old = samples.tmk(samples.TERMINAL)
    assert old in flashfile.read(till)
    assert keys("inject --flash till --key " + key)[0] == 0
    whole = flashfile.read(till)
    assert value in whole and old not in whole and value not in till.read_bytes()
    code, told = shown(keys, "show --flash till")
    assert (code, told) == (0, {"TMK": kcv(value, parts.CIPHERS).hex().upper()})


def test_wiped_keys_are_nowhere_and_the_records_stay(keys, tmp_path):
    signed_on = Till()
    signed_on.log_in()
    signed_on.send("20260004", 1000)
    signed_on.sign_and_finish()
    signed_on.world.power_off()
    flash = signed_on.world.device.flash
    flashfile.write(tmp_path / "till", flash.read(0, flash.size))
    code, told = shown(keys, "show --flash till")
    assert code == 0 and list(told) == ["TMK", "PIK", "MAK"]
    assert keys("wipe --flash till")[0] == 2  # there is nobody to be asked
    code, out, _ = keys("wipe --flash till --yes")
    assert code == 0 and "host was not told" in out
    assert shown(keys, "show --flash till") == (0, {})
    assert samples.tmk(samples.TERMINAL) not in flashfile.read(tmp_path / "till")
    signed_on.world.device.flash = slot.FlashFile(tmp_path / "till")._flash
    signed_on.world.power_on()
    signed_on.wait("Not activated")
    records = Image(signed_on.world.device.flash.blocks).archive()
    assert [(record.order, record.state_name) for record in records] == [("20260004", "APPROVED")]


def test_keys_that_do_not_open_under_the_injected_one_are_a_finding(keys, tmp_path):
    signed_on = Till()
    signed_on.log_in()
    flash = signed_on.world.device.flash
    flashfile.write(tmp_path / "till", flash.read(0, flash.size))
    key, _ = made(keys, "tmk")
    keys("inject --flash till --key " + key)
    code, out, _ = keys("show --flash till")
    assert code == 1 and out.count("does not open under this TMK") == 2


def test_a_blank_terminal_gets_its_numbers_with_its_key(keys, tmp_path):
    flashfile.write(tmp_path / "blank")
    key, _ = made(keys, "tmk")
    code, out, _ = keys(f"inject --flash blank --key {key}")
    assert code == 0 and "asks to be activated" in out.replace("will ask", "asks")
    numbers = f"--terminal 10000007 --merchant {samples.TEST_SHOP} --mac sm4"
    assert keys(f"inject --flash blank --key {key} {numbers}")[0] == 0
    assert '"10000007"' in keys("show --flash blank --json")[1]
    other = numbers.replace("10000007", "10000008")
    code, _, err = keys(f"inject --flash blank --key {key} {other}")
    assert code == 1 and "10000007" in err


def test_a_scenario_takes_a_key_and_a_terminal_signs_on_under_it(keys, tmp_path):
    from host_sim.acquirer import scenario

    Path("day.toml").write_text('about = "one key of our own"\nsamples = true\n')
    key, value = made(keys, "tmk")
    under, kbpk = made(keys, "kbpk")
    words = f"inject --scenario day.toml --terminal 10000001 --key {key} --under {under}"
    assert keys(words)[0] == 0
    assert value.hex().upper() not in Path("day.toml").read_text()
    code, _, err = keys(words)
    assert code == 1 and "already" in err
    assert keys("list --scenario day.toml")[0] == 1  # its block needs the transport key
    code, out, _ = keys(f"list --scenario day.toml --transport-key {under} --json")
    told = {one["terminal"]: one["kcv"] for one in json.loads(out)["keys"]}
    assert told["10000001"] == kcv(value, parts.CIPHERS).hex().upper()
    shop = open_shop(scenario=scenario.read("day.toml", kbpk), language="en")
    shop.world.power_on()
    shop.world.run_until(lambda: "log in" in " ".join(shop.world.screen()), 60_000)
    shop.world.press("ENTER")
    shop.world.press(*"01", "ENTER", *"0000", "ENTER")
    assert shop.world.run_until(lambda: "Ready" in " ".join(shop.world.screen()), 60_000)
    assert shop.world.device.terminal.keys.tmk == value


def test_a_shipped_scenario_and_a_strange_terminal_take_none(keys):
    key, _ = made(keys, "tmk")
    Path("day.toml").write_text('about = "x"\nsamples = true\n')
    for words in ("--scenario ordinary_day --terminal 10000001",
                  "--scenario day.toml --terminal 99999999", "--scenario none --terminal 10000001"):
        assert keys(f"inject {words} --key {key} --under {key}")[0] == 1
    assert Path("day.toml").read_text().count("[[key]]") == 0


def test_an_exported_key_injects_into_a_flash(keys, till):
    under, _ = made(keys, "kbpk")
    assert keys(f"export --scenario ordinary_day --terminal 10000002 --under {under} "
                "--out block")[0] == 0
    assert keys(f"inject --flash till --block block --under {under}")[0] == 0
    assert samples.tmk("10000002") in flashfile.read(till)
    assert keys("export --flash till")[0] == 2  # under no key: not at all


def test_a_ledger_lists_working_keys_by_their_check_values(keys, tmp_path):
    shop = open_shop(ledger_file=tmp_path / "ledger.db", language="en")
    till = Till.__new__(Till)
    till.shop, till.world = shop, shop.world
    till.log_in()
    code, out, _ = keys("list --ledger ledger.db")
    assert code == 0 and "PIK set 1" in out and "MAK set 1" in out and "not proved yet" in out
    assert "TMK" not in out


@pytest.mark.parametrize("words", [
    "", "nothing", "generate --components 0 --out x", "generate --use mak-sm4 --single --out x",
    "combine", "wrap --key x", "unwrap x", "inject", "inject --flash x --key a --block b",
    "inject --flash till --key x --under y", "inject --flash x --key a --terminal 10000001",
    "inject --scenario x --key y", "export --under x", "show", "show --flash a --port b", "list",
    "list --scenario a --ledger b", "wipe", "combine - --kcv 12", "show --flash nosuch",
])  # fmt: skip
def test_wrong_usage_is_one_line(keys, words):
    Path("a").write_text(component(ONE))
    Path("x").write_text(component(ONE))
    code, out, err = keys(words)
    assert (code, out) == (2, "") and err.startswith("tuidan keys")


def test_every_verb_has_help_with_an_example(keys):
    from tools.keys.command import VERBS

    for verb in VERBS:
        code, out, _ = keys(f"{verb} --help")
        assert code == 0 and f"tuidan keys {verb}" in out.split("example:")[1] and "--json" in out


def test_revealed_components_stand_on_the_screen_one_at_a_time_and_are_cleared_away():
    ours, screen = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "keys", "generate", "--reveal", "--components", "2"],
        stdin=screen, stdout=screen, stderr=screen, cwd=Path(parts.__file__).parents[2])
    os.close(screen)

    ahead = bytearray()  # what came behind the last text that was waited for

    def until(text):
        while text not in ahead:
            assert select.select([ours], [], [], 60)[0], ahead
            ahead.extend(os.read(ours, 4096))
        end = ahead.index(text) + len(text)
        seen = ahead[:end].decode()
        del ahead[:end]
        return seen

    shown = []
    for at in (1, 2):
        before = until(b"presses ENTER ")
        assert f"component {at} of 2" in before and not re.search("[0-9A-F]{32}", before)
        os.write(ours, b"\n")
        shown += re.findall("[0-9A-F]{32}", until(b"clears the screen "))
        os.write(ours, b"\n")
        until(CLEAR.encode())
    rest = until(b"tmk: ") + ahead.decode()
    assert process.wait(60) == 0 and not re.search("[0-9A-F]{32}", rest)
    os.close(ours)
    assert len(shown) == 2 and shown[0] != shown[1]


@pytest.mark.parametrize("answer, wiped", [("10000001", True), ("10000002", False), ("", False)])
def test_wiping_asks_for_the_number_of_the_terminal(keys, till, monkeypatch, answer, wiped):
    before = flashfile.read(till)
    asked = []
    person = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(places, "sys", person)
    monkeypatch.setattr("builtins.input", lambda prompt: asked.append(prompt) or answer)
    code, _, err = keys("wipe --flash till")
    assert (code == 0) == wiped and (flashfile.read(till) == before) != wiped
    assert len(asked) == 1 and "10000001" in asked[0] and ("nothing was wiped" in err) != wiped
