"""The counter's words: status line, hints, acquirer and what is inside, as Text of today's state.

Everything says in words what it says by colour: a terminal may have none.
"""
from rich.style import Style
from rich.table import Table
from rich.text import Text

from host_sim.face import trying

WARN = "bold reverse"
HINTS = (("c", "card_short", "card"), ("p", "power_short", "turn('power')"),
         ("w", "cable", "turn('plugged')"), ("r", "paper_short", "turn('paper')"),
         ("a", "actions", "actions"), ("Tab", "panes", "pane(1)"), ("v", "drawing", "drawing"),
         ("?", "help", "help"), ("q", "quit", "quit"))


def status(w, number, clock, speed, state, port):
    """One line: till, how the refund stands, time, power, cable, paper."""
    line = Text(f" {number}  ", no_wrap=True, overflow="ellipsis")
    if state["crash"]:
        line.append(f" {w['crashed']} ", WARN)
    elif port is not None and port.told:
        line.append(f" {w['port_gone']} ", WARN)
    elif state["state"]:
        line.append(_stands(w, state), "bold")
    else:
        line.append(w["no_state"])
    line.append(f"  {clock[6:-4]} ")
    line.append(f"×{speed}" if speed else w["stand"])
    for good, what, bad in (
            (state["power"], f"{w['power_short']} {w['on']}", f"{w['power_short']} {w['off']}"),
            (state["plugged"], w["plugged_short"], w["pulled_short"]),
            (state["paper"], w["paper_in"], w["paper_out"])):
        line.append("  ")
        line.append(what if good else f" {bad} ", "" if good else WARN)
    if state["printer"]:
        line.append(f"  {state['printer']}", WARN)
    return line


def _stands(w, one):
    """What a record is and its state: "refund SENT"."""
    said = w.ledger_words()
    return " ".join(said.get(name.lower().replace("_", " "), name)
                    for name in (one["kind"], one["state"]))


def inside(w, state, records=True):
    """What is under the lid; without `records` only as much as there is room for by the keys."""
    text = Text()
    if state["crash"]:
        text.append(f"{w['crashed']}: {state['crash']}\n", WARN)
    if state["playing"]:
        text.append(f"{playing(w, state['playing'])}\n", WARN if state["playing"]["wrong"] else "")
    if "operator" in state:
        operator = state["operator"]
        text.append(f"{w['operator']} {operator}\n" if operator else f"{w['nobody']}\n")
        text.append(w["signed_on"] if state["signed_on"] else w["not_signed_on"])
        text.append(f"\n{w['batch']} {state['batch']}\n")
        if state["training"]:
            text.append(f"{w['training']}\n", WARN)
    if not records:
        return text
    for one in state["records"]:
        text.append(_stands(w, one), "bold")
        text.append(f" STAN {one['stan']} {w['order']} {one['order']} {one['amount']} "
                    f"{w['tries']} {one['tries']}\n")
    if not state["records"]:
        text.append(f"{w['no_records']}\n")
    text.append(f"{state['flash']['operations']} {w['flash_operations']}, "
                f"{state['steps']} {w['steps']}")
    if state["heap"]:
        text.append(f"\n{w['heap']}: {state['heap']['bytes']} "
                    + w["heap_alive"].format(of=state["heap"]["of"]))
    return text


def acquirer(w, books):
    """Orders and transactions by the ledger, the merchants' money, faults to come and gone."""
    table = Table(box=None, padding=(0, 1, 0, 0), show_edge=False)
    for name in ("kind", "order", "amount", "back", "state", "code"):
        table.add_column(Text(w[name]), justify="right" if name in ("amount", "back") else "left")
    for one in books["txns"]:
        table.add_row(*map(Text, (one["kind"], one["order"] or "", one["amount"], "",
                                  one["state"], one["code"] or "")))
    for one in books["orders"]:
        table.add_row(*map(Text, ("sold", one["order"], one["amount"], one["back"],
                                  one["product"] or "", one["card"])))
    table.caption = caption = Text(w["balanced"] if books["balanced"] else w["unbalanced"],
                                   "" if books["balanced"] else WARN)
    money = [f"{one['name']} {one['balance']}" for one in books["merchants"]]
    said = w.fault_words()
    waiting = [fault(w, one) for one in books["arranged"]]
    happened = [f"{said.get(kind, kind)} {count}" for kind, count in books["faults"].items()]
    for name, rows in ((w["merchants"] + ":", money), (w["arranged"], waiting),
                       (w["happened"], happened)):
        if rows:
            caption.append(f"\n{name} {', '.join(rows)}", "not bold not reverse")
    return table


def fault(w, one):
    """One of views.arranged(): "mute 0220 ×1"."""
    kind, mti = w.fault_words().get(one["kind"], one["kind"]), one["mti"]
    parts = (kind, w["any"] if mti == "any" else mti, one["code"],
             f"{one['percent']}%" if one["percent"] < 100 else "",
             f"×{one['times']}" if one["times"] else w["for_good"])
    return " ".join(filter(None, parts))


def playing(w, one):
    """How far a key script is, by views.playing()."""
    if one["wrong"] or not one["statement"]:
        return one["wrong"] or w["played"]
    return f"{w['playing']} {one['at']}/{one['of']}: {one['statement']}"


def tried(w, site, till):
    """What can be tried at a Till of a Site, to be read."""
    rows = [(w["first_refund"], trying.steps(site, till, w)), *trying.rows(site, till, w)]
    amounts = trying.amounts(site, till, w.language)
    lines = [line for what, texts in rows for line in (what, *(f"  {text}" for text in texts), "")]
    return "\n".join([*lines, w["test_amounts" if amounts else "no_test_amounts"],
                      *(f"  .{code}  {text}" for code, text in amounts)])


def at_port(w, port):
    """Where the host is, if it is not here."""
    return Text(w["at_port"].format(port=port.port.name) + (f"\n{port.told}" if port.told else ""))


def tabs(w, panes, shown):
    """The names of the panes, the one that is shown marked."""
    line = Text(" ", no_wrap=True)
    for pane in panes:
        mark = f"[{w[pane]}]" if pane == shown else f" {w[pane]} "
        line.append(mark, "bold" if pane == shown else "").stylize(
            _style(f"show('{pane}')"), len(line) - len(mark), len(line))
    return line


def hints(w):
    """The keys of the face, to be clicked too."""
    line = Text(no_wrap=True, overflow="ellipsis")
    for key, name, action in HINTS:
        start = len(line)
        line.append(f" {key}", "bold").append(f" {w[name]} ")
        line.stylize(_style(action), start, len(line))
    return line


def _style(action):
    """Of what can be clicked."""
    return Style(meta={"@click": f"screen.{action}"})
