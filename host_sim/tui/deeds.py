"""What can be done at a till from a list: rows of (what it is called, statement of a key script).

Power, cable and paper have keys of their own too; what they do next depends on how things stand.
"""
from host_sim.play.script import CARDS

FAULTS = ("silent", "mute", "bad-mac", "delay")
REQUESTS = ("0220", "0200", "0600", "0800", "0820", "0500")
TOGGLES = {   # name in views.state() -> statement when it is true, and when it is not
    "power": ("power off", "power on"),
    "plugged": ("wire cut", "wire mend"),
    "paper": ("paper out", "paper in"),
}


def cards(w):
    """What the head reads."""
    return [(w[card], f"swipe {card}") for card in CARDS] + [
        (w["damaged"].format(card=w["credit"]), "swipe damaged credit"),
        (w["half"].format(card=w["credit"]), "swipe cut credit")]


def toggles(w, state):
    """Power, cable and paper the other way round, by views.state()."""
    told = {"power": ("power", "off", "on"), "plugged": ("network", "pulled", "plugged"),
            "paper": ("paper", "paper_out", "paper_in")}
    rows = []
    for name, (what, if_true, if_not) in told.items():
        there = bool(state[name])
        rows.append((f"{w[what]}: {w[if_true if there else if_not]}",
                     TOGGLES[name][0 if there else 1]))
    return rows


def troubles(w):
    """Of the printer and the line."""
    return [(w["printer_" + state], f"printer {state}")
            for state in ("open", "cutter", "hot", "well")] + [
        (w["noise_now"], "wire noise 40"), (w["damage"], "wire damage 100"),
        (w["mend"], "wire damage 0")]


def faults(w):
    """Of the acquirer, at the next request of a kind."""
    rows = []
    for mti in REQUESTS:
        for fault in FAULTS:
            statement = f"host delay 5s {mti}" if fault == "delay" else f"host {fault} {mti} 1"
            rows.append((w["fault"].format(mti=mti, what=w[fault]), statement))
    return [*rows, (w["wrong_kcv"], "host wrong-kcv"), (w["miscount"], "host miscount")]
