"""The operator is never more than one key from back: CANCEL at every step of every key script.

Back is what stood on the screen before, the idle screen, or words that say what happens now, as
where money is on its way. From there CANCEL leads on to the idle screen, and sends nothing new.
"""

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware"
SCRIPTS = sorted((ROOT / "tests" / "scripts").glob("*.txt"))
WAITS = ("ask", "key")  # methods of Screens at which the operator stands
# Steps that no script comes to, and why.
NEVER = {
    "day": "its messages are seen as what stands behind a procedure; a fault fails every script",
    "screens": "where every question ends up",
    "questions": "likewise",
}
LEAST_STEPS = 800


@pytest.fixture(scope="module")
def tried():
    """[one step of tests/one_key_back.py]."""
    halves = [subprocess.Popen(
        [sys.executable, "-m", "tests.one_key_back", *map(str, SCRIPTS[half::2])],
        cwd=ROOT, stdout=subprocess.PIPE, text=True) for half in (0, 1)]
    told = [half.communicate()[0] for half in halves]
    assert [half.returncode for half in halves] == [0, 0]
    return [json.loads(line) for out in told for line in out.splitlines()]


def test_cancel_leads_back_from_every_step_that_a_script_comes_to(tried):
    wrong = [f"{one['script']}: {one['screen']} {one['at'][-1:]}, host {one['host']}: "
             f"{one['wrong']} {one.get('after')}" for one in tried if one["wrong"]]
    assert not wrong, "\n".join(wrong)
    assert len(tried) >= LEAST_STEPS


def test_cancel_is_tried_at_every_place_where_the_firmware_waits_for_a_key(tried):
    stood = Counter(place for one in tried for place in one["at"])
    missed = [f"{name}:{first}" for name, first, last in places_that_wait()
              if not any(stood[f"{name}:{line}"] for line in range(first, last + 1))]
    assert not missed, f"no script stands at {missed}"


def places_that_wait():
    """(file, first line, last line) of each `await ... .ask(...)` or `.key(...)`."""
    for path in sorted(FIRMWARE.rglob("*.py")):
        name = path.relative_to(FIRMWARE).with_suffix("").as_posix()
        if name in NEVER:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
                called = node.value.func
                if isinstance(called, ast.Attribute) and called.attr in WAITS:
                    yield name, node.lineno, node.end_lineno
