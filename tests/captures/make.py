"""The sample captures, made from key scripts: `.venv/bin/python -m tests.captures.make [FOLDER]`.

Same firmware, same bytes: what is in this folder is what this program makes now (a test says so).
"""
import sys
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from host_sim.bench.wire import Damage
from host_sim.play.player import Player
from host_sim.play.script import read_script
from host_sim.play.shop import open_shop
from host_sim.tap import overhear
from tools.capture import pcapng
from tools.capture.keys import Keys
from tools.capture.line import LineRecorder
from tools.capture.masking import Masker
from tools.capture.recording import microseconds
from tools.capture.sink import Rotation
from tools.press import play

HERE = Path(__file__).parent
SCRIPTS = Path("tests/scripts")     # as the captures' heads name it, from the top of the checkout

# Capture -> the script whose run it is.
RUNS = {
    "refund": "refund_full", "declined": "declined", "no_reply": "no_reply",
    "power_cut": "power_cut_waiting", "noise": "line_noise", "wrong_mac": "bad_mac",
    "batch_upload": "settle_differs", "sale_pin": "sale_swipe", "sign_on": "echo",
}
# Capture of a line as a tap in the field makes it, masked -> (script, what a bad contact does).
LINES = {
    "live_masked": ("sale_unknown_card", {}),
    "live_damaged": ("refund_full", {"lose": 0.001, "double": 0.001, "flip": 0.002}),
}


def run(script):
    """The bytes of a script's run."""
    file = BytesIO()
    _, result = play(SCRIPTS / f"{script}.txt", capture=file)
    assert "error" not in result, result["error"]
    return file.getvalue()


def line(name, damage):
    """The bytes of a capture of the line of a script's run, by a tap whose contact is damaged."""
    script = read_script(SCRIPTS / f"{name}.txt")
    shop = open_shop(script.terminal, script.language, script.seed, script.start)
    start_us = microseconds(script.start)
    run_of = {"tuidan": "0.1.0", "made_by": "line", "start": script.start.isoformat(),
              "ports": ["/dev/ttyUSB0", "/dev/ttyUSB1"], "baud": 115200, "revealed": False}
    rng = Random(f"{name} contact")
    with TemporaryDirectory() as folder:
        path = Path(folder, "line.pcapng")
        recorder = LineRecorder(Rotation(path), run_of, Masker(Keys()), start_us)

        def hear(way):
            spoil = Damage(rng, **damage)

            def heard(data, now_ms):
                recorder.silent(start_us + 1000 * now_ms)
                recorder.hear(way, spoil(data), start_us + 1000 * now_ms)
            return heard

        overhear(shop.world.wire.to_host, hear("out"))
        overhear(shop.world.wire.to_terminal, hear("in"))
        Player(script, shop).play()
        recorder.end(start_us + 1000 * shop.world.now_ms, "ended by hand")
        recorder.close()
        return path.read_bytes()


def spoilt(whole):
    """What becomes of files, and files of others: {name: bytes}."""
    middle = len(whole) // 2
    garbled = bytearray(whole)
    at = _block_behind(whole, middle)
    garbled[at + 4:at + 8] = b"\xff" * 4    # a block's length
    return {"cut": whole[:middle], "garbled": bytes(garbled), "empty": b"",
            "no_pcapng": b"This is a log.\n", "other_program": other_program(),
            "old_pcap": bytes.fromhex("D4C3B2A1020004000000000000000000FFFF000001000000")}


def other_program():
    """Big-endian, nanoseconds, Ethernet, and a block that only its maker knows."""
    def block(kind, body):
        size = (len(body) + 12).to_bytes(4, "big")
        return kind.to_bytes(4, "big") + size + body + size

    section = bytes.fromhex("1A2B3C4D00010000") + b"\xff" * 8
    interface = bytes.fromhex("0001000000040000") + bytes.fromhex("0009000109000000") + bytes(4)
    packet = bytes(4) + (1_773_653_400_000_000_000).to_bytes(8, "big") + (
        (60).to_bytes(4, "big") * 2 + bytes(60))
    return (block(pcapng.SECTION, section) + block(pcapng.INTERFACE, interface)
            + block(0x0BAD, b"\x00\x00\x7e\xd9mine") + block(pcapng.PACKET, packet))


def _block_behind(data, place):
    at = 0
    while at < place:
        at += int.from_bytes(data[at + 4:at + 8], "little")
    return at


def captures():
    """{name: bytes} of all of them."""
    made = {name: run(script) for name, script in RUNS.items()}
    made |= {name: line(*how) for name, how in LINES.items()}
    return made | spoilt(made["refund"])


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    folder.mkdir(parents=True, exist_ok=True)
    for made, data in captures().items():
        (folder / f"{made}.pcapng").write_bytes(data)
        print(f"{made}.pcapng  {len(data)} bytes")
