"""The acquirer's keys: master keys of a scenario's file, as key blocks; working keys of a ledger.

What is told of them is check values.
"""
import os
import tempfile
from pathlib import Path

from sqlalchemy import select

from host_sim.acquirer import scenario, schema
from protocol.keys import behind_keys
from tools.keys import parts
from tools.keys.parts import Key, Wrong

_ENTRY = 20  # bytes of a key in F62 of an 0810, the last four its check value


def master_key(named, terminal, transport):
    """A terminal's TMK. Raises ScenarioError, Wrong."""
    value = scenario.read(named, transport and transport.value).secrets.tmk_of(terminal)
    if value is None:
        raise Wrong(f"no terminal {terminal} in scenario {named}")
    return Key("tmk", value)


def listed(named, transport):
    """{"terminal", "keys": [[name, check value, True]]} of each terminal of a scenario."""
    played = scenario.read(named, transport and transport.value)
    return [{"terminal": row[0],
             "keys": [["TMK", Key("tmk", played.secrets.tmk_of(row[0])).kcv, True]]}
            for row in played.terminals]


def inject(path, terminal, key, under):
    """Write a TMK into a scenario's file, as a block under a transport key; all of it or nothing.
    Raises ScenarioError, Wrong, OSError."""
    if path in scenario.shipped():
        raise Wrong(f"{path} is shipped with the program: copy {scenario.find(path)} and name that")
    master_key(path, terminal, under)  # it can be read, and has such a terminal
    if terminal in scenario.read(path, under.value).master_keys:
        raise Wrong(f"{path} has a key of terminal {terminal} already: take that [[key]] out first")
    text = Path(path).read_text(encoding="utf-8")
    added = (f"\n[[key]] # its check value is {key.kcv}\nterminal = \"{terminal}\"\n"
             f"block = \"{parts.block(key, under)}\"\n")
    new = tempfile.NamedTemporaryFile("w", dir=Path(path).resolve().parent, suffix=".toml",
                                      delete=False, encoding="utf-8")
    try:
        with new:
            new.write(text.rstrip("\n") + "\n" + added)
        scenario.read(new.name, under.value)
        os.chmod(new.name, os.stat(path).st_mode & 0o777)
        os.replace(new.name, path)
    except BaseException:
        os.unlink(new.name)
        raise


def in_ledger(connection):
    """Working keys of each terminal that ever signed on, as `listed` has them; the last flag says
    whether the terminal has proved that it holds them."""
    rows = connection.execute(
        select(schema.key_set, schema.terminal.c.proved_set).join(
            schema.terminal, schema.terminal.c.terminal_id == schema.key_set.c.terminal_id)
        .order_by(schema.key_set.c.terminal_id, schema.key_set.c.number)).all()
    told: dict = {}
    for row in rows:
        end = len(row.wrapped) - len(behind_keys(row.wrapped))
        for at, name in enumerate(("PIK", "MAK", "TDK")[:end // _ENTRY], 1):
            check = row.wrapped[at * _ENTRY - 4:at * _ENTRY].hex().upper()
            told.setdefault(row.terminal_id, []).append(
                [f"{name} set {row.number}", check, row.number <= row.proved_set])
    return [{"terminal": terminal, "keys": keys} for terminal, keys in told.items()]
