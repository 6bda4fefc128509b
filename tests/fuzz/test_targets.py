"""The guided fuzzer's targets, without the fuzzer: they take anything, and would tell a fault."""

from random import Random

import pytest

from protocol import tlv
from protocol.framing import ANSWERS
from tests.fuzz.targets import TARGETS, examples

CASES = 40


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_its_examples_and_any_bytes(name):
    make, _, longest = TARGETS[name]
    throw, rng = make(), Random(f"fuzz {name}")
    cases = examples(name)[:CASES]
    cases += [rng.randbytes(rng.randrange(longest + 1)) for _ in range(CASES)]
    for case in cases:
        throw(case)
    assert len(cases) > CASES


def test_a_frame_behind_more_spoilt_ones_than_answers_are_kept_is_acknowledged():
    spoilt = bytes.fromhex("020001410300")  # its LRC is wrong: a NAK each
    TARGETS["frames"][0]()(bytes(3) + spoilt * 3 * ANSWERS)


def test_an_error_of_another_type_ends_the_hunt(monkeypatch):
    throw = TARGETS["tags"][0]()
    monkeypatch.setattr(tlv, "row", lambda *_: {}["planted"])
    with pytest.raises(KeyError):
        throw(bytes(range(40)))
