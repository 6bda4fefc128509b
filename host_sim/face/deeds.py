"""What a person does at a till beside its keys: a statement of the key-script language, noted down
for the script of what was done, and for the capture.

Only what takes no time is such a deed: whoever looks on goes on being served.
"""
from host_sim.core import FirmwareCrash
from host_sim.play.player import SEEN, Player
from host_sim.play.script import ScriptError, parse_line

# What a hand does between two keys.
LIVE = ("swipe", "swipe_badly", "scan", "paper", "printer", "power", "wire", "noise", "damage",
        "host", "refuse", "crash", "wrong_kcv", "miscount", "delay", "without", "clock")


def done(till, line):
    """Do a statement at a Till. ValueError for one that is no deed, that cannot be read, or that
    finds nothing to do; then nothing was done."""
    try:
        statement = parse_line(line, "here")
    except ScriptError as error:
        raise ValueError(str(error).removeprefix("here: ")) from None
    if statement is None or statement.name not in LIVE or statement.text == "power cycle":
        raise ValueError(f"{line!r} is nothing that can be done here")
    till.note(statement.text)
    if statement.name == "power":
        till.crash = None
    seen = None
    try:
        seen = getattr(Player(None, till.shop), "do_" + statement.name)(*statement.values)
    except FirmwareCrash as crash:
        till.crash = str(crash)
    if seen is not None:
        till.deeds.pop()
        raise ValueError(seen)
    if not SEEN.fullmatch(statement.name):
        till.world.tell("bench", statement.text)
