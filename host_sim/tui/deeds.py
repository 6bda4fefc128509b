"""What can be done at a till from a list: rows of (what it is called, statement of a key script).

Power, cable and paper have keys of their own too; what they do next depends on how things stand.
"""
from host_sim.face import faults
from host_sim.play.script import CARDS
from host_sim.tui import told

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


def requests(w):
    """(Request that a fault of the host is for, its MTI)."""
    return [(f"{mti} {w['mti_' + mti]}", mti) for mti in faults.REQUESTS]


def faults_of(w, mti):
    """What can befall it."""
    return [(w[name], line.format(mti=mti)) for name, line in faults.FAULTS.items()]


def others(w, arranged):
    """Faults of one request only; and what is arranged (views.arranged()), to be taken back."""
    return [(w["wrong_kcv"], "host wrong-kcv"), (w["miscount"], "host miscount"),
            *((f"{w['take_back']}: {told.fault(w, one)}", one["take_back"]) for one in arranged)]
