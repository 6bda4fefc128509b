"""A run in a roomy process is the run of any other: screens, wire, paper, flash."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "scripts"
PLAYED = ("refund_part", "refund_english", "void_no_reply", "declined", "no_paper_later",
          "power_cut_printing", "line_noise", "bad_mac", "wrong_order", "mac_cmac",
          "correct", "settle_equal")  # fmt: skip
PLAY = """
import hashlib, json, sys
from host_sim import roomy
from tools.twin import play

if sys.argv[1] == "roomy":
    roomy.spread_out()
    for path in sys.argv[2:]:
        play(path)  # from now on there is something to find again
for path in sys.argv[2:]:
    run = play(path)
    print(json.dumps([path, run.end, {
        name: [(one.at_ms, one.text, hashlib.sha256(one.data).hexdigest()) for one in seen]
        for name, seen in run.seen.items()}]))
"""


def played(kind):
    paths = [str(SCRIPTS / f"{name}.txt") for name in PLAYED]
    run = subprocess.run([sys.executable, "-c", PLAY, kind, *paths],
                         capture_output=True, text=True, check=True, timeout=120)  # fmt: skip
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_a_run_in_a_roomy_process_is_the_same_event_for_event():
    roomy, plain = played("roomy"), played("plain")
    assert len(plain) == len(PLAYED)
    for (path, end, seen), (_, plain_end, plain_seen) in zip(roomy, plain, strict=True):
        assert end == plain_end == "as the script says", path
        for channel in plain_seen:
            assert seen[channel] == plain_seen[channel], (path, channel)


def test_only_who_asks_for_it_becomes_roomy():
    found = subprocess.run(
        [sys.executable, "-c",
         "import sys; from tools.press import play; play(sys.argv[1]);"
         "print('firmware.flows.order' in sys.modules)", str(SCRIPTS / "refund_part.txt")],
        capture_output=True, text=True, check=True, timeout=60)  # fmt: skip
    assert found.stdout.strip() == "False"
