"""The Lua dissector in real Wireshark (tshark), and the exports for its own dissectors."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from host_sim.acquirer import samples
from host_sim.play.player import Player
from host_sim.play.script import read_script
from host_sim.play.shop import open_shop
from protocol.framing import frame, lrc
from protocol.iso8583 import Message
from protocol.reference import codec
from tools import cli
from tools.capture.recording import Packet, Reading, Writer
from tools.capture.run import record_script
from tools.wireshark import dialect

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "captures"
FRAMES = json.loads((ROOT / "tests" / "protocol" / "frames.json").read_text())
# What tells that a dissector failed or refused something.
MALFORMED = "_ws.malformed or _ws.lua.error or _ws.expert.group == Malformed"
FAILED = f"{MALFORMED} or _ws.expert.severity == error"
SCRIPTS = {"refund_full.txt": "unionpay-ecb", "sale_swipe.txt": "unionpay-ecb",
           "mac_x919.txt": "x9.19", "line_noise.txt": "unionpay-ecb"}
ALGORITHMS = ("unionpay-ecb", "x9.19", "aes-cmac", "sm4")
NOBODYS = "6212340000004321018"  # a card number that nobody has published


def tshark(path, *words, lua=True, fails=False):
    """Lines of tshark's answer on a capture."""
    program = shutil.which("tshark")
    if program is None:
        pytest.skip("needs tshark: apt-get install tshark, or Wireshark")
    plugin = ["-X", f"lua_script:{dialect.FOLDER / 'tuidan.lua'}"] if lua else []
    run = subprocess.run([program, "-n", *plugin, "-r", str(path), *words], capture_output=True,
                         text=True, timeout=60)
    assert fails or run.returncode == 0, run.stderr
    assert "Lua" not in run.stderr, run.stderr
    return run.stdout.splitlines()


def columns(path, *names, words=()):
    """[tuple of texts] of the fields of every packet that tshark shows."""
    wanted = [part for name in names for part in ("-e", name)]
    return [tuple(line.split("\t")) for line in
            tshark(path, *words, "-T", "fields", *wanted)]


def written(path, units, notes=None):
    """A capture of units of the wire."""
    with open(path, "wb") as file:
        writer = Writer(file, {})
        for at, unit in enumerate(units):
            writer.write(Packet(at * 1000, "wire", "out", unit, notes or {}))
    return path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """{script: capture of its run}."""
    folder, made = tmp_path_factory.mktemp("captures"), {}
    for name in SCRIPTS:
        script = read_script(ROOT / "tests" / "scripts" / name)
        made[name] = folder / f"{name}.pcapng"
        shop = open_shop(script.terminal, language=script.language)
        with open(made[name], "wb") as file, shop.world:
            record_script(file, shop, script, 0)
            Player(script, shop).play()
    return made


def test_the_dissectors_tables_are_the_dialects():
    assert dialect.FILE.read_text(encoding="utf-8") == dialect.lua()


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_packet_of_a_run_is_read_without_a_fault(recorded, name):
    assert not tshark(recorded[name], "-Y", FAILED)
    with open(recorded[name], "rb") as file:
        packets = list(Reading(file))
    rows = columns(recorded[name], "_ws.col.Protocol", "_ws.col.Info")
    assert [row[0] for row in rows] == ["Tuidan"] * len(packets)
    for packet, (_, info) in zip(packets, rows, strict=True):
        if packet.channel in ("bench", "keypad"):
            assert info.startswith(packet.data.decode().replace(";", "").split("=")[0])
        elif packet.channel == "screen":
            assert info == " | ".join(packet.notes[f"row{row}"] for row in range(1, 5))
        elif packet.channel == "wire" and len(packet.data) > 20:
            assert info.startswith(packet.data[14:16].hex())


def test_paper_is_read_in_gb18030(recorded):
    shown = tshark(recorded["refund_full.txt"], "-V", "-Y", 'tuidan.paper contains "退货"')
    assert any("退货" in line and line.strip().startswith("Paper:") for line in shown)
    infos = "".join(row[0] for row in columns(recorded["refund_full.txt"], "_ws.col.Info"))
    assert "持卡人签名" in infos and "本人确认以上退款" in infos


def test_no_sample_has_a_malformed_mark():
    for path in sorted(SAMPLES.glob("*.pcapng")):
        assert not tshark(path, "-Y", MALFORMED, fails=True), path


@pytest.mark.parametrize("name", ["refund_full.txt", "mac_x919.txt"])
def test_the_mac_is_computed_where_a_master_key_is_given(recorded, name, tmp_path):
    with open(recorded[name], "rb") as file:
        packets = list(Reading(file))
    terminal = next(codec.decode(packet.data[3:-2]).fields[41] for packet in packets
                    if packet.channel == "wire" and len(packet.data) > 20)
    sent = [packet.data for packet in packets if packet.channel == "wire" and len(packet.data) > 20]
    keys = ("-o", f"tuidan.tmk:{samples.tmk(terminal).hex()}",
            "-o", f"tuidan.algorithm:{SCRIPTS[name]}")
    path = written(tmp_path / "run.pcapng", sent)
    states = [row[0] for row in columns(path, "tuidan.mac.state", words=(
        *keys, "-Y", "tuidan.mac.state"))]
    assert states == ["valid"] * len(states) and len(states) > 3
    packet = bytearray(sent[-1][3:-2])
    packet[30] ^= 1
    written(path, [*sent, frame(bytes(packet))])
    assert columns(path, "tuidan.mac.state", words=keys)[-1] == ("invalid",)
    assert [row[0] for row in columns(path, "tuidan.mac.state")][-1] == "unchecked"


@pytest.mark.parametrize("algorithm", ALGORITHMS[:2])
def test_the_mac_of_a_published_packet_is_computed_under_its_mak(algorithm, tmp_path):
    for published in FRAMES["good"]:
        mac = published.get("mac")
        if mac and mac["algorithm"] == algorithm:
            path = written(tmp_path / "one.pcapng", [frame(bytes.fromhex(published["hex"])[2:])])
            words = ("-o", f"tuidan.mak:{mac['key']}", "-o", f"tuidan.algorithm:{algorithm}")
            assert columns(path, "tuidan.mac.state", words=words) == [("valid",)]


def test_what_cannot_be_computed_is_told_by_the_captures_note(tmp_path):
    published = next(one for one in FRAMES["good"] if one.get("mac", {}).get("algorithm")
                     == "aes-cmac")
    path = written(tmp_path / "one.pcapng", [frame(bytes.fromhex(published["hex"])[2:])],
                   {"mac": "invalid"})
    words = ("-o", f"tuidan.mak:{published['mac']['key']}", "-o", "tuidan.algorithm:aes-cmac")
    shown = tshark(path, *words, "-V")
    assert any("MAC check: invalid (as the capture says)" in line for line in shown)


def test_every_published_packet_is_read_field_by_field(tmp_path):
    path = written(tmp_path / "good.pcapng",
                   [frame(bytes.fromhex(one["hex"])[2:]) for one in FRAMES["good"]])
    assert not tshark(path, "-Y", FAILED)
    numbers = ["11", "37", "39", "41", "42", "60"]
    rows = columns(path, *(f"tuidan.f{number}" for number in numbers))
    for one, row in zip(FRAMES["good"], rows, strict=True):
        for number, text in zip(numbers, row, strict=True):
            assert text.rstrip() == one["fields"].get(number, "").rstrip()


def test_a_refused_packet_is_marked_at_the_field_where_the_codec_refuses_it(tmp_path):
    bad = [one for one in FRAMES["bad"] if one["field"] != "length"]
    path = written(tmp_path / "bad.pcapng", [frame(bytes.fromhex(one["hex"])[2:]) for one in bad])
    rows = columns(path, "_ws.col.Info")
    for one, (info,) in zip(bad, rows, strict=True):
        field = one["field"]
        assert f"refused: {'F' * field.isdigit()}{field}:" in info
    assert len(tshark(path, "-Y", "_ws.expert.severity == error")) == len(bad)


def test_a_bad_lrc_and_noise_are_marked_and_no_fault_of_the_packet(tmp_path):
    packet = bytes.fromhex(FRAMES["good"][0]["hex"])[2:]
    data = bytearray(frame(packet))
    data[-1] ^= 0xFF
    path = written(tmp_path / "line.pcapng", [bytes(data), b"\x06", b"\x15", b"\x7f\x02\x99"])
    infos = [row[0] for row in columns(path, "_ws.col.Info")]
    assert infos[0].endswith("[bad LRC]")
    assert infos[1:] == ["ACK", "NAK", "3 bytes that are no frame"]
    shown = tshark(path, "-V", "-Y", "tuidan.lrc.state == bad")
    assert any(f"computed {lrc(data[1:-1]):02X}" in line for line in shown)
    assert not tshark(path, "-Y", FAILED)


def with_card():
    fields = {2: NOBODYS, 3: "000000", 4: "000000000100", 11: "000009", 14: "3012", 22: "021",
              25: "00", 35: f"{NOBODYS}=30122010000", 41: "10000001", 42: "898110070110001",
              49: "156", 52: bytes.fromhex("0123456789ABCDEF"), 60: "22000101000",
              64: b"00000000"}
    return codec.encode(Message("6000030000", "603100311001", "0200", fields))


def test_a_card_is_shown_whole_only_where_that_is_asked_for(tmp_path):
    path = written(tmp_path / "card.pcapng", [frame(with_card())])
    shown = "\n".join(tshark(path, "-V"))
    assert "621234*********1018" in shown and NOBODYS not in shown
    assert "3012" not in shown and "0123456789ABCDEF" not in shown
    shown = "\n".join(tshark(path, "-V", "-o", "tuidan.reveal:TRUE"))
    assert NOBODYS in shown and "0123456789ABCDEF" not in shown


def test_export_gives_wiresharks_own_dissector_what_it_can_read(recorded, tmp_path, capsys):
    out = tmp_path / "tcp.pcapng"
    assert cli.main(["export", "--tcp", str(recorded["refund_full.txt"]), str(out)]) == 0
    lines = tshark(out, "-d", "tcp.port==8583,iso8583", "-o", "iso8583.len_endian:bigendian",
                   "-o", "iso8583.charset:bcd", "-o", "iso8583.binencode:bin",
                   "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", lua=False)
    assert sum("Type 0220 - Financial Messages Proc. cod: 200000" in line for line in lines) == 1
    wrong = 'tcp.checksum.status != "Good" or ip.checksum.status != "Good" or tcp.analysis.flags'
    assert not tshark(out, "-Y", wrong, "-o", "tcp.check_checksum:TRUE",
                      "-o", "ip.check_checksum:TRUE", lua=False)


def test_the_lua_dissector_reads_whole_packets_over_tcp(recorded, tmp_path):
    source, out = recorded["refund_full.txt"], tmp_path / "tcp.pcapng"
    assert cli.main(["export", "--tcp", str(source), str(out), "--whole"]) == 0
    port = ("-o", "tuidan.tcp_port:8583")
    assert not tshark(out, *port, "-Y", FAILED)
    on_line = [row for row in columns(source, "tuidan.mti", "tuidan.f11") if row[0]]
    assert columns(out, "tuidan.mti", "tuidan.f11", words=port) == on_line


def test_export_leaves_out_strangers_cards_unless_asked(tmp_path, capsys):
    path = written(tmp_path / "card.pcapng", [frame(with_card())])
    assert cli.main(["export", "--hex", str(path)]) == 0
    out, err = capsys.readouterr()
    assert not out and "1 packets with card data" in err
    assert cli.main(["export", "--hex", str(path), "--reveal"]) == 0
    assert capsys.readouterr().out.strip() == with_card().hex().upper()


def test_export_says_where_a_capture_stops_being_sound(recorded, tmp_path, capsys):
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(recorded["refund_full.txt"].read_bytes()[:-30])
    assert cli.main(["export", "--hex", str(cut)]) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) > 3 and "cut" in err
    assert cli.main(["export", "--hex", str(ROOT / "README.md")]) == 2
    assert "no pcapng file" in capsys.readouterr().err


def test_export_says_what_it_cannot_read_and_where_there_is_nothing(tmp_path, capsys):
    for path in (tmp_path, tmp_path / "nowhere"):
        assert cli.main(["export", "--tcp", str(path), str(tmp_path / "out")]) == 2
        assert capsys.readouterr().err.startswith(f"tuidan export: cannot read {path}: ")
    assert cli.main(["export", "--hex", str(SAMPLES / "other_program.pcapng")]) == 0
    out, err = capsys.readouterr()
    assert not out and "no sound frame" in err


def test_the_dissector_is_copied_whole(tmp_path):
    assert cli.main(["export", "--lua", str(tmp_path / "plugins")]) == 0
    shipped = {path.name for path in dialect.FOLDER.glob("*.lua")}
    assert {path.name for path in (tmp_path / "plugins").iterdir()} == shipped
