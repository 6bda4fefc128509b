"""The dissector's tables, made from the dialect: `python -m tools.wireshark.dialect` writes
tuidan_dialect.lua anew, and a test holds the file to it.
"""
from pathlib import Path

from host_sim.show.explain import NETWORKS, PROCESSING, TYPES
from host_sim.show.mask import TEST_CARDS
from protocol.reference import tables

FOLDER = Path(__file__).parent
FILE = FOLDER / "tuidan_dialect.lua"
HEAD = """\
-- The dialect's tables and the published test cards, for tuidan.lua.
-- Made by `python -m tools.wireshark.dialect` from protocol/dialect/: never edited by hand.
"""


def _text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _row(values):
    """One table of names and texts, numbers or flags."""
    shown = (f"{name} = {_text(value) if isinstance(value, str) else str(value).lower()}"
             for name, value in values.items())
    return "{ " + ", ".join(shown) + " }"


def _table(name, rows):
    yield f"  {name} = {{"
    yield from (f"    {row}," for row in rows)
    yield "  },"


def _named(name, texts):
    return _table(name, (f"[{_text(key)}] = {_text(text)}" for key, text in texts.items()))


def lua():
    """The text of tuidan_dialect.lua."""
    fields = (f"[{number}] = " + _row({"name": name, "kind": kind, "prefix": prefix,
                                       "limit": limit, "side": side})
              for number, (name, kind, prefix, limit, side) in tables.FIELDS.items())
    tags = (f"[{_text(tag)}] = " + _row({"name": name, "kind": kind})
            for tag, (name, kind, _limit, _fixed) in tables.TAGS.items())
    messages = (_row({"name": name.replace("_", " "), "mti": mti, "f3": f3 or "", "kind": kind,
                      "networks": ",".join(networks or ()), "reply": reply})
                for name, (mti, f3, kind, networks, _, _, reply, _, _)
                in tables.MESSAGES.items())
    lines = [
        HEAD + "return {",
        *_table("fields", fields),
        *_table("tags", tags),
        *_table("messages", messages),
        *_named("codes", {code: meaning for code, (meaning, _) in tables.CODES.items()}),
        *_named("states", tables.REFUND_STATES),
        *_named("risks", tables.RISK_RULES),
        *_named("processing", PROCESSING),
        *_named("types", TYPES),
        *_named("networks", NETWORKS),
        *_table("test_cards", (f"[{_text(card)}] = true" for card in sorted(TEST_CARDS))),
        "}",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(lua(), encoding="utf-8")
