"""What a known mistake is. Each can be planted into sound bytes and mended in spoilt ones, and only
a mending that, planted again, gives the very bytes in hand counts as a fit.
"""
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Mistake(NamedTuple):
    """`name` for programs; `words` say what the sender did, `cure` what is due; both may hold
    {place}. plant(sound) and mend(spoilt) give (place, bytes) for every place that they find; a
    place is words such as "F41", or "" where there is only one.
    """
    name: str
    words: str
    cure: str
    plant: Callable[[bytes], Iterable[tuple[str, bytes]]]
    mend: Callable[[bytes], Iterable[tuple[str, bytes]]]


class Fit(NamedTuple):
    """A mistake that explains the bytes in hand: `sound` are the bytes without it."""
    name: str
    place: str
    words: str
    cure: str
    sound: bytes


class Reason(NamedTuple):
    """One thing that is wrong. `field` as a WireFault has it; `trouble` in words; `fits`: Fits, the
    most likely first, with the `evidence` for each in the same order; `tried`: how many known
    mistakes, or ways to a MAC, were tried out."""
    field: str
    trouble: str
    fits: tuple
    evidence: tuple
    tried: int


def fits(mistake, spoilt):
    """The Fits of a mistake to bytes that are not sound."""
    for place, sound in mistake.mend(spoilt):
        if any(where == place and planted == spoilt for where, planted in mistake.plant(sound)):
            yield fit(mistake, place, sound)


def fit(mistake, place, sound):
    """The Fit of a mistake found at a place."""
    return Fit(mistake.name, place, mistake.words.format(place=place),
               mistake.cure.format(place=place), sound)


def whole(function):
    """A plant or mend for a mistake with one place only: `function` gives bytes, or None where
    there is nothing to do."""
    def apply(data):
        made = function(data)
        if made is not None and made != data:
            yield "", made
    return apply
