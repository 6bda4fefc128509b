"""How fast the codecs are against pyiso8583, as ratios on the refund request and its reply.
CPU time in equal, interleaved slots: what else the machine does falls on all alike. Needs
the development dependencies and a checkout, for pyiso8583's specification lies in tests/.
"""

import importlib.util
from pathlib import Path
from time import process_time

from protocol import iso8583
from protocol.iso8583 import Message
from protocol.reference import codec
from protocol.subfields import f60, f61
from protocol.tlv import pack

SPECIFICATION = Path(__file__).parents[1] / "tests" / "protocol" / "pyiso8583_spec.py"
RIVAL = "pyiso8583"

_COMMON = {3: "200000", 4: "000000012300", 11: "000123", 25: "00", 37: "230412345678",
           41: "12345678", 42: "123456789012345", 49: "156", 60: f60("25", 1), 64: bytes(8)}
MESSAGES = {
    "refund request": Message("6000030000", "603100311001", "0220", {
        **_COMMON, 22: "012", 61: f61(0, 0, "0412"), 63: "CUP",
        62: pack([("DF01", "202604120001"), ("DF04", "000000045600"), ("DF06", "01"),
                  ("DF07", "01"), ("DF0C", "20260412"), ("DF0D", bytes(8))]),
    }),
    "refund reply": Message("6000000003", "603100311001", "0230", {
        **_COMMON, 2: "6200000000000005", 12: "101530", 13: "0412", 14: "3012", 15: "0412",
        32: "48020000", 39: "00", 44: "48020000   48020000   ", 53: "2600000000000000",
        63: "CUP",
    }),
}


def ratios(slots=30, slot_seconds=0.01):
    """{"decode refund request": {"construct": r, "portable": r}, ...} for both directions and
    messages; r is how many times as fast as pyiso8583 (1.0 is even, 2.0 half the CPU time).
    """
    import iso8583 as pyiso8583

    spec = _specification()
    figures = {}
    for name, message in MESSAGES.items():
        packet = iso8583.encode(message)
        document = spec.to_document(message)
        figures[f"decode {name}"] = _against_rival({
            "construct": lambda packet=packet: codec.decode(packet),
            "portable": lambda packet=packet: iso8583.decode(packet),
            RIVAL: lambda packet=packet: pyiso8583.decode(packet, spec.SPEC),
        }, slots, slot_seconds)
        figures[f"encode {name}"] = _against_rival({
            "construct": lambda message=message: codec.encode(message),
            "portable": lambda message=message: iso8583.encode(message),
            RIVAL: lambda document=document: pyiso8583.encode(document, spec.SPEC),
        }, slots, slot_seconds)
    return figures


def cpu_seconds(contenders, slots, slot_seconds):
    """{name: CPU seconds a call}, each contender {name: function} having `slots` slots of about
    `slot_seconds`, taken in turn."""
    calls = {}
    for name, function in contenders.items():
        function()
        function()  # the Construct codec compiles at its second sight of a bitmap
        calls[name] = max(1, int(slot_seconds / max(_spend(function, 20) / 20, 1e-9)))
    spent = dict.fromkeys(contenders, 0.0)
    for _ in range(slots):
        for name, function in contenders.items():
            spent[name] += _spend(function, calls[name])
    return {name: spent[name] / (slots * calls[name]) for name in contenders}


def _against_rival(contenders, slots, slot_seconds):
    seconds = cpu_seconds(contenders, slots, slot_seconds)
    rival = seconds.pop(RIVAL)
    return {name: round(rival / each, 2) for name, each in seconds.items()}


def _spend(function, calls):
    start = process_time()
    for _ in range(calls):
        function()
    return process_time() - start


def _specification():
    found = importlib.util.spec_from_file_location("pyiso8583_spec", SPECIFICATION)
    if found is None or found.loader is None:
        raise FileNotFoundError(SPECIFICATION)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
